import type { PolicyStatement } from "../shared/iam/policy-document";
import { placeholder } from "../shared/observability/placeholders";

/** Any environment, as the runbook writes it where one text of the global stack serves them all. */
export const ENV = placeholder("env");

/** An environment as the shared resources know it. */
export interface EnvironmentAccount {
  /** Environment name: its prefix in shared buckets. */
  readonly name: string;
  /** Account that the environment runs in. */
  readonly accountId: string;
  /** Full names of its kops clusters, such as `k8s.dev.opsdx.io`: their prefixes in shared buckets. */
  readonly clusters: readonly string[];
}

/** The principal by which an account delegates to its own IAM policies. */
export function accountRoot(accountId: string): string {
  return `arn:aws:iam::${accountId}:root`;
}

/** Full name of any cluster of any environment, as the runbook writes it where one text serves them all. */
export function anyCluster(environments: readonly EnvironmentAccount[]): string {
  const [first = ""] = environments.flatMap(({ clusters }) => clusters);
  // An environment's label is the first of its zone: a rule of the configuration.
  return [placeholder("cluster"), ENV, ...first.split(".").slice(2)].join(".");
}

/** Statement id of one environment: `sidFor("dev", "State")` is `DevState`. */
export function sidFor(environment: string, what: string): string {
  return `${environment.charAt(0).toUpperCase()}${environment.slice(1)}${what}`;
}

/**
 * Lets the environment accounts use a key for objects in S3, and for nothing else. What they may read or write is the
 * bucket policy's business.
 */
export function keyThroughS3(environments: readonly EnvironmentAccount[], region: string): readonly PolicyStatement[] {
  if (environments.length === 0) return [];
  return [
    {
      sid: "EnvironmentsThroughS3",
      actions: ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
      resources: ["*"],
      principals: { AWS: environments.map(({ accountId }) => accountRoot(accountId)) },
      conditions: { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
    },
  ];
}
