import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import type { EtlName } from "../../config/schema/etl";
import { Construct } from "../cdktf";
import { policyDocument } from "../iam/policy-document";
import { ETL_NAMESPACE, etlNames } from "./etl-names";

/** Properties of {@link EtlJobPolicy}. */
export interface EtlJobPolicyProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the environment. */
  readonly account: { readonly id: string; readonly region: string };
  /** The ETL. */
  readonly etl: EtlName;
  /** The staging bucket's ARN and its key's. */
  readonly staging: { readonly bucketArn: string; readonly keyArn: string };
}

/** Prefix of an ETL's files in the staging bucket. */
export function reportPrefix(environment: string, etl: EtlName): string {
  return `${environment}/task-graphs/${etl}/`;
}

/** Path below which an ETL's secrets stand in AWS Secrets Manager. */
export function secretPath(environment: string, etl: EtlName): string {
  return `opsdx/${environment}/${etl}/`;
}

/**
 * What an ETL's Job may do in AWS: leave its reports in its own folder, write metrics of the ETLs, read its own secrets. kops
 * attaches it, by name, to the role of the Job's service account, so it must be there before the cluster is.
 */
export class EtlJobPolicy extends Construct {
  public constructor(scope: Construct, id: string, props: EtlJobPolicyProps) {
    super(scope, id);
    const { account, environment, etl, staging } = props;
    const prefix = reportPrefix(environment, etl);
    const secrets = `arn:aws:secretsmanager:${account.region}:${account.id}:secret:${secretPath(environment, etl)}*`;
    new IamPolicy(this, "Resource", {
      name: etlNames(environment, etl).jobPolicy,
      description: `Reports, metrics and secrets of the ETL ${etl}`,
      policy: policyDocument(
        {
          sid: "Reports",
          actions: ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
          resources: [`${staging.bucketArn}/${prefix}*`],
        },
        {
          sid: "ReportList",
          actions: ["s3:ListBucket"],
          resources: [staging.bucketArn],
          conditions: { StringLike: { "s3:prefix": `${prefix}*` } },
        },
        {
          sid: "ReportKey",
          actions: ["kms:Decrypt", "kms:GenerateDataKey"],
          resources: [staging.keyArn],
          conditions: { StringEquals: { "kms:ViaService": `s3.${account.region}.amazonaws.com` } },
        },
        {
          sid: "Metrics",
          actions: ["cloudwatch:PutMetricData"],
          resources: ["*"],
          conditions: { StringEquals: { "cloudwatch:namespace": ETL_NAMESPACE } },
        },
        { sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: [secrets] },
        {
          sid: "SecretKey",
          actions: ["kms:Decrypt"],
          resources: [`arn:aws:kms:${account.region}:${account.id}:key/*`],
          conditions: {
            StringEquals: { "kms:ViaService": `secretsmanager.${account.region}.amazonaws.com` },
            ArnLike: { "kms:EncryptionContext:SecretARN": secrets },
          },
        },
      ),
    });
  }
}
