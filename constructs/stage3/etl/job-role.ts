import { Construct } from "../../shared/cdktf";
import { secretStatements, type SystemSecrets } from "../../shared/iam/secret-access";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import type { Cluster } from "../../shared/kubernetes/cluster";
import type { StagingBucket } from "../../shared/platform";
import { ETL_NAMESPACE, type EtlNames } from "./etl-names";

/** Properties of {@link EtlJobRole}. */
export interface EtlJobRoleProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Account and region of the environment. */
  readonly account: { readonly id: string; readonly region: string };
  /** The ETL. */
  readonly etl: string;
  /** Names of its role and its service account. */
  readonly names: Pick<EtlNames, "jobRole" | "template">;
  /** The identity provider of its cluster. */
  readonly cluster: Pick<Cluster, "oidcIssuer" | "oidcProviderArn">;
  /** Namespace of its service account. */
  readonly namespace: string;
  /** Where it leaves its reports. */
  readonly staging: StagingBucket;
  /** Its secrets: full names, and their key. */
  readonly secrets: Pick<SystemSecrets, "keyArn" | "names">;
}

/** Prefix of an ETL's files in the staging bucket. */
export function reportPrefix(environment: string, etl: string): string {
  return `${environment}/task-graphs/${etl}/`;
}

/** What an ETL's Job may do in AWS: leave its reports in its own folder, write metrics of the ETLs, read its own secrets. */
export class EtlJobRole extends Construct {
  /** ARN of the role. */
  public readonly arn: string;

  public constructor(scope: Construct, id: string, props: EtlJobRoleProps) {
    super(scope, id);
    const { account, environment, etl, staging } = props;
    const prefix = reportPrefix(environment, etl);
    const { jobRole, template } = props.names;
    this.arn = new ServiceAccountRole(this, "Resource", {
      name: jobRole,
      description: `Jobs of the ETL ${etl}`,
      policyDescription: `Reports, metrics and secrets of the ETL ${etl}`,
      cluster: props.cluster,
      serviceAccount: { namespace: props.namespace, name: template },
      statements: [
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
        ...secretStatements({ account, ...props.secrets }),
      ],
    }).arn;
  }
}
