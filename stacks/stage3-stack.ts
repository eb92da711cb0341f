import type { EnvironmentConfig } from "../config/schema/environment";
import type { Construct } from "../constructs/cdktf";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { importOutputs } from "./exports";
import type { Stage1Exports, Stage1Stack } from "./stage1-stack";
import type { Stage2Stack } from "./stage2-stack";

/** Properties of {@link Stage3Stack}. */
export interface Stage3StackProps {
  readonly config: EnvironmentConfig;
  readonly deployment: Deployment;
  readonly stage1: Stage1Stack;
  readonly stage2: Stage2Stack;
}

/** What runs on an environment's clusters. Today it holds the wiring: provider, backend and the earlier stages' exports. */
export class Stage3Stack extends BaseStack {
  /** Stage1's exports as read from its state. */
  public readonly stage1: Stage1Exports;

  public constructor(scope: Construct, id: string, props: Stage3StackProps) {
    const { config } = props;
    super(scope, id, { owner: config.name, account: config.account, deployment: props.deployment });
    this.stage1 = importOutputs(this, props.stage1, props.stage1.exports);
    this.addDependency(props.stage2);
  }
}
