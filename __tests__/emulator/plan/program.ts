import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance";
import { DbSubnetGroup } from "@cdktf/provider-aws/lib/db-subnet-group";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { Vpc } from "@cdktf/provider-aws/lib/vpc";
import { reportError } from "../../../config/explained-error";
import { loadConfig } from "../../../config/load";
import { App, Construct } from "../../../constructs/shared/cdktf";
import { constructId } from "../../../constructs/shared/construct-id";
import { describeSystem } from "../../../constructs/shared/observability/system";
import { BaseStack } from "../../../stacks/base-stack";
import { deploymentFor } from "../../../stacks/deployment";
import { declareOutputs, importOutputs } from "../../../stacks/exports";
import { factsFile, programFacts } from "../../../stacks/program-facts";

/** What people decide of the small program: `program.json` beside its `main.ts`. */
export interface SmallConfig {
  /** Subnets, by tier. */
  readonly tiers: readonly string[];
  /** Whether there is a database. */
  readonly database: boolean;
}

/** Network and database, a cluster's group on it, and what runs there: the chain of the real stages, cut to what a plan must tell. */
export function synthesizeSmall(folder: string): void {
  try {
    const config = JSON.parse(readFileSync(path.join(folder, "program.json"), "utf8")) as SmallConfig;
    const app = new App({ stackTraces: false });
    const stacks = build(app, config);
    app.synth();
    writeFileSync(factsFile(app.outdir), JSON.stringify(programFacts(stacks)));
  } catch (error) {
    reportError(error);
  }
}

function build(app: App, { database, tiers }: SmallConfig): readonly BaseStack[] {
  const { environments, global: shared } = loadConfig();
  const dev = environments.find(({ name }) => name === "dev");
  if (dev === undefined) throw new Error("the configuration must have dev");
  const deployment = deploymentFor(shared);
  const stack = (id: string) => new BaseStack(app, id, { owner: "dev", account: dev.account, deployment });

  const global = new BaseStack(app, "global", { owner: "global", account: shared.account, deployment });
  new SsmParameter(global, "Owner", { name: "/opsdx/owner", type: "String", insecureValue: "platform" });

  const stage1 = stack("dev-stage1");
  stage1.addDependency(global);
  const network = new Construct(stage1, "Network");
  described(network, "network");
  const vpc = new Vpc(network, "Vpc", { cidrBlock: "10.0.0.0/16" });
  const subnets = tiers.map((tier, index) => {
    const zone = index % 2 === 0 ? "us-east-1a" : "us-east-1c";
    const cidrBlock = `10.0.${index}.0/24`;
    return [
      tier,
      new Subnet(network, constructId("subnet", tier), { vpcId: vpc.id, cidrBlock, availabilityZone: zone }),
    ] as const;
  });
  const db = new Construct(stage1, "Db");
  described(db, "db");
  if (database) {
    const subnetIds = subnets.slice(0, 2).map(([, { id }]) => id);
    const group = new DbSubnetGroup(db, "Subnets", { name: "db", subnetIds });
    new DbInstance(db, "Resource", {
      identifier: "db",
      engine: "postgres",
      instanceClass: "db.t4g.micro",
      allocatedStorage: 20,
      dbSubnetGroupName: group.name,
      username: "master",
      manageMasterUserPassword: true,
      skipFinalSnapshot: true,
      storageEncrypted: true,
    });
  }
  const core = { vpcId: vpc.id, subnetIds: Object.fromEntries(subnets.map(([tier, { id }]) => [tier, id])) };
  declareOutputs(stage1, { core });

  const stage2 = stack("dev-stage2");
  const ground = importOutputs(stage2, stage1, { core });
  const group = new SecurityGroup(stage2, "Nodes", { name: "nodes", description: "Nodes", vpcId: ground.core.vpcId });
  const table = new RouteTable(stage2, "Routes", { vpcId: ground.core.vpcId });
  for (const tier of tiers) {
    const subnetId = ground.core.subnetIds[tier] ?? "";
    new RouteTableAssociation(stage2, constructId("route", tier), { subnetId, routeTableId: table.id });
  }
  // Made anew for each set of tiers: what stage3 reads of it is known only after the apply.
  const second = new SecurityGroup(stage2, constructId("tiers", ...tiers), {
    name: `tiers-${tiers.join("-")}`,
    description: "Tiers",
    vpcId: ground.core.vpcId,
  });
  const k8s = { nodesId: group.id, tiersId: second.id };
  declareOutputs(stage2, { k8s });

  const stage3 = stack("dev-stage3");
  const cluster = importOutputs(stage3, stage2, { k8s });
  new SqsQueue(stage3, "Queue", { name: "queue", tags: { nodes: cluster.k8s.nodesId } });
  new SqsQueue(stage3, "Tiers", { name: "tiers", tags: { tiers: cluster.k8s.tiersId } });
  return [global, stage1, stage2, stage3];
}

function described(scope: Construct, name: string): void {
  const say = ["Nothing to do."];
  describeSystem(scope, {
    name,
    title: `The ${name}`,
    owner: "Platform",
    purpose: "Part of a small program.",
    launch: say,
    stop: say,
    status: say,
    logs: say,
    metrics: say,
  });
}
