import { Cloudtrail } from "@cdktf/provider-aws/lib/cloudtrail";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key";
import { Route53DelegationSet } from "@cdktf/provider-aws/lib/route53-delegation-set";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { loadConfig, type Config } from "../../../config/load";
import { serviceTrust } from "../../../constructs/shared/iam/policy-document";
import { App } from "../../../constructs/shared/cdktf";
import { BaseStack } from "../../../stacks/base-stack";
import { deploymentFor, type Deployment } from "../../../stacks/deployment";
import type { Program } from "../../../stacks/program";

/** What the role may do by declaration. */
export const READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/** A stage1 of one thing of each kind that the old system had; `dbName` is what RDS keeps for life. */
export function buildSmall(
  { environments }: Config,
  deployment: Deployment,
  outdir?: string,
  dbName = "opsdx",
): Program {
  const [dev] = environments;
  if (dev === undefined) throw new Error("the configuration must have an environment");
  const app = new App({ stackTraces: false, outdir });
  const stack = new BaseStack(app, "dev-stage1", { owner: "dev", account: dev.account, deployment });

  const bucket = new S3Bucket(stack, "Exports", { bucket: "opsdx-dev-exports", forceDestroy: false });
  new CloudwatchLogGroup(stack, "Logs", { name: "opsdx-dev-k8s-logs", retentionInDays: 30 });
  const key = new KmsKey(stack, "Key", { description: "Databases", enableKeyRotation: true });
  new KmsAlias(stack, "Alias", { name: "alias/opsdx-dev-db", targetKeyId: key.keyId });
  new DbInstance(stack, "Db", {
    identifier: "opsdx-dev-db",
    engine: "postgres",
    instanceClass: "db.t4g.medium",
    allocatedStorage: 20,
    dbName,
    username: "opsdx_root",
    manageMasterUserPassword: true,
    skipFinalSnapshot: true,
    storageEncrypted: true,
    kmsKeyId: key.arn,
  });
  const role = new IamRole(stack, "Role", {
    name: "opsdx-dev-nodes",
    assumeRolePolicy: serviceTrust("ec2.amazonaws.com", dev.account.id),
  });
  new IamRolePolicyAttachment(stack, "Declared", { role: role.name, policyArn: READ_ONLY });
  const set = new Route53DelegationSet(stack, "Servers", {
    referenceName: "dev.opsdx.io",
    lifecycle: { ignoreChanges: ["reference_name"] },
  });
  new Route53Zone(stack, "Zone", { name: "dev.opsdx.io", delegationSetId: set.id });
  new Cloudtrail(stack, "Trail", {
    name: "opsdx-dev-trail",
    s3BucketName: bucket.bucket,
    enableLogFileValidation: true,
  });
  return { app, stacks: [stack] };
}

/** Writes it, as the project's `main.ts` does the whole program. */
export function synthesizeSmall(): void {
  const config = loadConfig();
  buildSmall(config, deploymentFor(config.global)).app.synth();
}
