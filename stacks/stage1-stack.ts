import type { EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import type { Construct } from "../constructs/cdktf";
import { Monitoring } from "../constructs/observability/monitoring";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { declareOutputs, importOutputs, publishExports } from "./exports";
import type { GlobalStack } from "./global-stack";

/** What stage1 hands to later stages. */
export interface Stage1Exports {
  readonly [system: string]: object;
}

/** Properties of {@link Stage1Stack}. */
export interface Stage1StackProps {
  readonly config: EnvironmentConfig;
  readonly globalConfig: GlobalConfig;
  readonly deployment: Deployment;
  readonly global: GlobalStack;
}

/** An environment's ground: network, audit, databases, DNS. */
export class Stage1Stack extends BaseStack {
  public readonly exports: Stage1Exports;

  public constructor(scope: Construct, id: string, props: Stage1StackProps) {
    const { config, globalConfig } = props;
    super(scope, id, { owner: config.name, account: config.account, deployment: props.deployment });
    importOutputs(this, props.global, props.global.exports);
    new Monitoring(this, "Monitoring", {
      namePrefix: `opsdx-${config.name}`,
      account: config.account,
      subscribers: config.alarms,
      retention: config.retention,
      runbookUrl: globalConfig.runbookUrl,
    });
    this.exports = {};
    declareOutputs(this, this.exports);
    publishExports(this, config.name, "stage1", this.exports);
  }
}
