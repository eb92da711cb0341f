import { GetParametersByPathCommand, SSMClient } from "@aws-sdk/client-ssm";
import { planSubnets, type SubnetRole } from "../../config/cidr-plan";
import { RefusedError } from "../../config/explained-error";
import type { Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { publishedFolder, stackName } from "../../config/names";
import type { KopsClusterSpec } from "../../constructs/stage2/kops/spec";
import { publishedPath } from "../../constructs/shared/publish/published-value";
import { clusterSpec, type ClusterGround } from "../../stacks/stage2-stack";
import { allOf, CommandError, unknownArgument } from "../command-error";
import { awsClient, awsFault, clientSettings } from "../aws/client";
import { findEnvironment } from "../environment-argument";
import { deployCommand } from "../next-step";
import { within } from "../within";

/** How long credentials may be looked for. */
const CREDENTIALS_MS = 30_000;

/** A cluster that a person named. */
export interface ClusterTarget {
  /** The whole configuration. */
  readonly config: Config;
  /** The environment that has the cluster. */
  readonly environment: EnvironmentConfig;
  /** Short name, for example `k8s-ml`. */
  readonly cluster: string;
}

/**
 * The cluster that a person named.
 * @throws UsageError naming the nearest environment or cluster
 */
export function findCluster(config: Config, environmentName: string, cluster: string): ClusterTarget {
  const [environment] = allOf(
    () => findEnvironment(config, environmentName),
    () => requireCluster(config, cluster),
  );
  return { config, environment, cluster };
}

function requireCluster({ environments }: Config, cluster: string): void {
  const known = [...new Set(environments.flatMap(({ clusters }) => Object.keys(clusters)))];
  if (!known.includes(cluster)) throw unknownArgument("cluster", cluster, known);
}

/** The cluster on the ids of stage1's resources. */
export function specOf({ config, environment, cluster }: ClusterTarget, ids: ClusterGround): KopsClusterSpec {
  const settings = Object.entries(environment.clusters).find(([name]) => name === cluster)?.[1];
  if (settings === undefined) throw unknownArgument("cluster", cluster, Object.keys(environment.clusters));
  return clusterSpec(environment, config.global, cluster, settings, ids);
}

/** Names in place of ids: enough for everything but talking to kops about a real network. */
export function namedIds({ network }: EnvironmentConfig): ClusterGround {
  const ids = (role: SubnetRole): Record<string, string> =>
    Object.fromEntries(
      planSubnets(network)
        .filter((subnet) => subnet.role === role)
        .map(({ zone }) => [zone, `subnet-${role}-${zone}`]),
    );
  return {
    core: {
      vpcId: "vpc-stage1",
      nodeSubnetIds: ids("node"),
      masterSubnetIds: ids("master"),
      utilitySubnetIds: ids("utility"),
      securityGroupIds: {
        api: "sg-api",
        builds: "sg-builds",
        master: "sg-master",
        node: "sg-node",
        services: "sg-services",
      },
    },
    dns: { zoneId: "stage1" },
    audit: { ebsKeyArn: "key-stage1" },
  };
}

/** Whether there are credentials to ask AWS with: then ids are read, and a failure to read them is an error. */
export async function hasCredentials(env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if ((env["OPSDX_SANDBOX"] ?? "") !== "") return true;
  const { credentials } = awsClient(SSMClient, { region: "us-east-1" }).config;
  const found = credentials().then(
    () => true,
    () => false,
  );
  return within(
    CREDENTIALS_MS,
    found,
    () => new CommandError(`no credentials were found within ${CREDENTIALS_MS / 1000} s`),
  );
}

/**
 * The ids of stage1's resources as stage1 publishes them to SSM.
 * @throws RefusedError when stage1 has not published them
 * @throws CommandError when they cannot be read, with what to do
 */
export async function publishedIds({ name, account, network }: EnvironmentConfig): Promise<ClusterGround> {
  const owner = { environment: name, ...account };
  const client = awsClient(SSMClient, clientSettings(owner, process.env));
  const values = await readParameters(client, name).catch((error: unknown) => {
    throw awsFault(`stage1 of ${name}`, "read from SSM", error, owner);
  });
  const required = (system: string, value: string): string => {
    const path = publishedPath({ environment: name, stage: "stage1", system, name: value });
    const found = values.get(path);
    if (found === undefined) {
      throw new RefusedError(
        `stage1 of ${name} must publish ${path}, got nothing. Apply it first: ${deployCommand(stackName(name, "stage1"))}`,
      );
    }
    return found;
  };
  const map = <K extends string>(system: string, value: string, keys: readonly K[]): Record<K, string> => {
    const found = JSON.parse(required(system, value)) as Partial<Record<K, string>>;
    const missing = keys.filter((key) => found[key] === undefined);
    if (missing.length === 0) return found as Record<K, string>;
    const path = publishedPath({ environment: name, stage: "stage1", system, name: value });
    throw new RefusedError(
      `${path} must hold ${missing.join(", ")}. Apply stage1 again: ${deployCommand(stackName(name, "stage1"))}`,
    );
  };
  const zones = Object.keys(network.zones);
  return {
    core: {
      vpcId: required("core", "vpc-id"),
      nodeSubnetIds: map("core", "node-subnet-ids", zones),
      masterSubnetIds: map("core", "master-subnet-ids", zones),
      utilitySubnetIds: map("core", "utility-subnet-ids", zones),
      securityGroupIds: map("core", "security-group-ids", ["api", "builds", "master", "node", "services"]),
    },
    dns: { zoneId: required("dns", "zone-id") },
    audit: { ebsKeyArn: required("audit", "ebs-key-arn") },
  };
}

async function readParameters(client: SSMClient, environment: string): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  let NextToken: string | undefined;
  do {
    const page = await client.send(
      new GetParametersByPathCommand({ Path: publishedFolder(environment, "stage1"), Recursive: true, NextToken }),
    );
    for (const { Name = "", Value = "" } of page.Parameters ?? []) values.set(Name, Value);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return values;
}
