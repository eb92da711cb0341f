import type { EnvironmentConfig } from "../config/schema/environment";
import type { Construct } from "../constructs/cdktf";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { importOutputs } from "./exports";
import type { Stage1Exports, Stage1Stack } from "./stage1-stack";

/** Properties of {@link Stage2Stack}. */
export interface Stage2StackProps {
  readonly config: EnvironmentConfig;
  readonly deployment: Deployment;
  readonly stage1: Stage1Stack;
}

/** An environment's Kubernetes clusters. Today it holds the wiring they will stand on: provider, backend and stage1's exports. */
export class Stage2Stack extends BaseStack {
  /** Stage1's exports as read from its state. */
  public readonly stage1: Stage1Exports;

  public constructor(scope: Construct, id: string, props: Stage2StackProps) {
    const { config } = props;
    super(scope, id, { owner: config.name, account: config.account, deployment: props.deployment });
    this.stage1 = importOutputs(this, props.stage1, props.stage1.exports);
  }
}
