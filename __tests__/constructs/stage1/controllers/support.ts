import type { SummedTool } from "../../../../config/controller-tools";
import { loadConfig } from "../../../../config/load";
import type { ControllersConfig } from "../../../../config/schema/controllers";
import { Controllers, type ControllersProps } from "../../../../constructs/stage1/controllers/controllers";
import { userData } from "../../../../constructs/stage1/controllers/user-data";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { systemFacts, type SystemFacts } from "../../../../constructs/shared/observability/system";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { monitoringOf } from "../db/support";

/** The controllers as dev has them. */
export function configured(): ControllersConfig {
  const found = loadConfig().environments.find(({ name }) => name === "dev")?.controllers;
  if (found === undefined) throw new Error("dev has no controllers");
  return found;
}

/** A tool of which nothing but its checksum matters. */
export const TOOL: SummedTool = {
  name: "kubectl",
  version: "1.0.0",
  kind: "program",
  url: "https://example.org/kubectl",
  sums: "https://example.org/kubectl.sha256",
  sha256: "a".repeat(64),
};

/** What stands for the shared files. */
export const FILES = {
  fileSystemId: "fs-1",
  fileSystemArn: "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-1",
  accessPointId: "fsap-1",
  accessPointArn: "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-1",
  ready: [{ fqn: "aws_efs_file_system_policy.ready" }],
};

/** What a controller boots from. */
export function bootText(tools: readonly SummedTool[]): string {
  return userData({
    environment: "test",
    region: "us-east-1",
    zone: "test.opsdx.io",
    clusters: ["k8s"],
    postgresMajor: "17",
    tools,
    logGroup: "opsdx-test-controllers",
    nfs: FILES,
  });
}

/** The controllers in a stack of their own, and their alarms. */
export function made(props: Partial<ControllersProps> = {}): {
  readonly stack: Synthesized;
  readonly alarms: readonly AlarmFacts[];
  readonly facts: SystemFacts | undefined;
} {
  let alarms: readonly AlarmFacts[] = [];
  let facts: SystemFacts | undefined;
  const stack = synth((scope) => {
    const controllers = new Controllers(scope, "Controllers", {
      monitoring: monitoringOf(scope),
      account: TEST_ACCOUNT,
      config: configured(),
      zone: "test.opsdx.io",
      clusters: ["k8s", "k8s-ml"],
      postgresMajor: "17",
      subnetIds: ["subnet-a", "subnet-c"],
      securityGroupId: "sg-controller",
      volumeKeyArn: "arn:aws:kms:us-east-1:123456789012:key/ebs",
      accessLogBucket: "opsdx-test-s3-access-logs",
      tools: [TOOL],
      ...props,
    });
    facts = systemFacts(controllers);
    alarms = controllers.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === ALARM_METADATA)
      .map(({ data }) => data as AlarmFacts);
  });
  return { stack, alarms, facts };
}
