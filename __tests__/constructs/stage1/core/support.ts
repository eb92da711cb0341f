import type { NetworkConfig } from "../../../../config/schema/network";
import { Network } from "../../../../constructs/stage1/core/network";
import type { StackModel } from "../../../../constructs/shared/policy/model";
import { Monitoring } from "../../../../constructs/shared/observability/monitoring";
import type { CoreExports } from "../../../../constructs/shared/platform";
import type { BaseStack } from "../../../../stacks/base-stack";
import { synth, TEST_ACCOUNT, type Synthesized } from "../../../support";

/** The network that tests start from: the wiki's addresses. */
export const NETWORK: NetworkConfig = {
  cidr: "10.0.0.0/16",
  zones: { "us-east-1a": { slot: 0 }, "us-east-1c": { slot: 1 }, "us-east-1d": { slot: 2 } },
  subnets: {
    utility: { prefix: 22, first: "10.0.0.0" },
    node: { prefix: 19, first: "10.0.32.0" },
    master: { prefix: 24, first: "10.0.128.0" },
    db: { prefix: 24, first: "10.0.136.0" },
  },
  nat: "single",
  interfaceEndpoints: ["ecr.api", "logs"],
  natPacketsDropThreshold: 100,
  endpointPacketsDropThreshold: 10,
};

/** What the stack's alarms and log groups share, in tests. */
export function monitoringIn(stack: BaseStack): Monitoring {
  return new Monitoring(stack, "Monitoring", {
    environment: "dev",
    namePrefix: "opsdx-dev",
    account: TEST_ACCOUNT,
    subscribers: { page: [], ticket: [] },
    retention: { auditDays: 365, logDays: 30 },
    runbookUrl: "https://example.com/runbook",
    thresholds: {},
  });
}

/** A synthesized network, with its exports as the tree holds them. */
export function synthNetwork(config: Partial<NetworkConfig> = {}): { stack: Synthesized; exports: CoreExports } {
  let network: Network | undefined;
  const stack = synth((scope) => {
    network = new Network(scope, "Core", {
      monitoring: monitoringIn(scope),
      account: TEST_ACCOUNT,
      config: { ...NETWORK, ...config },
      clusterNames: ["k8s.dev.opsdx.io", "k8s-ml.dev.opsdx.io"],
      owner: "Yanif",
      accessLogBucket: "opsdx-dev-access-logs-123456789012",
      trustedAccounts: ["111122223333"],
    });
  });
  if (network === undefined) throw new Error("the network was not built");
  return { stack, exports: network.exports };
}

/** `argument` of each resource of a type, by address. */
export function byAddress(stack: StackModel, type: string, argument: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(stack.ofType(type).map(({ address, body }) => [address, body[argument]]));
}

/** The tag `Name` of a resource's body. */
export function nameTag(body: Readonly<Record<string, unknown>>): string {
  return (body["tags"] as Readonly<Record<string, string>>)["Name"] ?? "";
}
