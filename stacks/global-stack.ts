import type { GlobalConfig } from "../config/schema/global";
import type { EnvironmentConfig } from "../config/schema/environment";
import type { Construct } from "../constructs/cdktf";
import { Monitoring } from "../constructs/observability/monitoring";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { declareOutputs } from "./exports";

/** What the global stack hands to the environments. */
export interface GlobalExports {
  readonly [system: string]: object;
}

/** Properties of {@link GlobalStack}. */
export interface GlobalStackProps {
  readonly config: GlobalConfig;
  /** The environments that share what this stack owns. */
  readonly environments: readonly EnvironmentConfig[];
  readonly deployment: Deployment;
}

/** What the environments share: state, kops state, logs, images, CI roles, the apex zone. */
export class GlobalStack extends BaseStack {
  public readonly exports: GlobalExports;

  public constructor(scope: Construct, id: string, props: GlobalStackProps) {
    const { config } = props;
    super(scope, id, { owner: "global", account: config.account, deployment: props.deployment });
    new Monitoring(this, "Monitoring", {
      namePrefix: "opsdx-global",
      account: config.account,
      subscribers: config.alarms,
      retention: { auditDays: 365, logDays: config.logRetentionDays },
      runbookUrl: config.runbookUrl,
    });
    this.exports = {};
    declareOutputs(this, this.exports);
  }
}
