import { GLOBAL, stackName } from "../../config/names";
import { Construct } from "../shared/cdktf";
import type { PolicyStatement } from "../shared/iam/policy-document";
import { aws, cdktf, shell } from "../shared/observability/command";
import { describeSystem, type SystemFacts } from "../shared/observability/system";
import { acknowledge } from "../shared/policy/acknowledge";
import { SecureBucket } from "../shared/storage/secure-bucket";
import { accountRoot, anyCluster, ENV, sidFor, type EnvironmentAccount } from "./environment-account";

/** Properties of {@link OidcDiscovery}. */
export interface OidcDiscoveryProps {
  /** Bucket name: part of every cluster's issuer address, so it is never changed. */
  readonly bucketName: string;
  /** Account that owns the bucket. */
  readonly account: { readonly id: string };
  /** Region of the bucket. */
  readonly region: string;
  /** Environments whose clusters publish here. */
  readonly environments: readonly EnvironmentAccount[];
  /** Who answers for the bucket. */
  readonly owner: string;
  /** Bucket that receives server access logs. @default - none */
  readonly accessLogBucket?: string;
}

/**
 * Where the clusters publish how to check their service account tokens: per cluster the discovery document and the public
 * signing keys, which AWS reads without signing in when a pod asks for its role. Anyone may read these two documents; that
 * is what they are for. An environment's account writes those of its own clusters.
 *
 * The account's own public access block must leave public bucket policies alone, or AWS cannot read them.
 */
export class OidcDiscovery extends Construct {
  /** The bucket. */
  public readonly bucket: SecureBucket;
  /** Address of the bucket; a cluster's issuer is `<url>/<cluster>`. */
  public readonly url: string;

  public constructor(scope: Construct, id: string, props: OidcDiscoveryProps) {
    super(scope, id);
    this.url = `https://${props.bucketName}.s3.${props.region}.amazonaws.com`;
    describeSystem(this, systemFacts(props, `${this.url}/${anyCluster(props.environments)}`));
    this.bucket = new SecureBucket(this, "Bucket", {
      bucketName: props.bucketName,
      accessLogBucket: props.accessLogBucket,
      publicRead: props.environments
        .flatMap(({ clusters }) => clusters)
        .flatMap((cluster) => [`${cluster}/.well-known/openid-configuration`, `${cluster}/openid/v1/jwks`]),
      statements: (arn) => props.environments.flatMap((environment) => issuerStatements(arn, environment)),
    });
    acknowledge(
      this.bucket,
      "S3BucketLevelPublicAccessProhibited",
      "Public by design: AWS reads the discovery document and the public keys without signing in. Only these two keys per cluster are readable, ACLs stay blocked",
    );
    acknowledge(
      this.bucket,
      "PolicyNoWildcardPrincipal",
      "AWS STS reads the documents without signing in, so no principal and no condition can name it; only these two keys per cluster are readable",
    );
    acknowledge(
      this.bucket,
      "S3DefaultEncryptionKMS",
      "Anonymous readers cannot use a KMS key; the content is public, and SSE-S3 encrypts it at rest",
    );
    acknowledge(
      this.bucket,
      "S3BucketReplicationEnabled",
      "Decided in the design: only state and audit buckets are replicated. Stage2 writes both documents again at any time",
    );
  }
}

function systemFacts({ account, bucketName, owner }: OidcDiscoveryProps, issuer: string): SystemFacts {
  const deploy = cdktf("deploy", GLOBAL);
  const publish = cdktf("deploy", stackName(ENV, "stage2"));
  const keys = shell(`curl -fsS ${issuer}/openid/v1/jwks | jq '.keys[].kid'`);
  return {
    name: "oidc-discovery",
    title: "Service account issuers",
    owner,
    purpose: "Lets AWS check the tokens of pods, so that a pod has a role of its own and no stored key.",
    launch: [["The bucket:", deploy, "The documents:", publish]],
    stop: ["It is never stopped: without it no pod gets its role."],
    status: [
      ["This prints the same address:", shell(`curl -fsS ${issuer}/.well-known/openid-configuration | jq .issuer`)],
      keys,
    ],
    logs: ["CloudTrail > AssumeRoleWithWebIdentity, errorCode InvalidIdentityToken: AWS could not check a token"],
    metrics: ["None: reads by AWS are not measured per bucket."],
    procedures: [
      {
        title: "Pods get InvalidIdentityToken",
        steps: [
          ["Both documents answer without signing in:", keys],
          [
            "403: this must say IsPublic true,",
            aws(`s3api get-bucket-policy-status --bucket ${bucketName}`),
            "and this must not block public policies:",
            aws(`s3control get-public-access-block --account-id ${account.id}`),
            "Then:",
            deploy,
          ],
          ["404, or keys of another cluster:", publish],
        ],
      },
    ],
  };
}

function issuerStatements(bucketArn: string, { name, accountId, clusters }: EnvironmentAccount): PolicyStatement[] {
  const principals = { AWS: accountRoot(accountId) };
  return [
    {
      sid: sidFor(name, "Issuers"),
      // The provider takes an object away version by version.
      actions: [
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:PutObject",
        "s3:PutObjectTagging",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
      ],
      resources: clusters.map((cluster) => `${bucketArn}/${cluster}/*`),
      principals,
    },
    {
      sid: sidFor(name, "List"),
      actions: ["s3:ListBucket", "s3:ListBucketVersions"],
      resources: [bucketArn],
      principals,
      conditions: { StringLike: { "s3:prefix": clusters.flatMap((cluster) => [cluster, `${cluster}/*`]) } },
    },
    {
      // kops asks whether the policy makes the bucket public before it would set an ACL.
      sid: sidFor(name, "Describe"),
      actions: ["s3:GetBucketLocation", "s3:GetBucketPolicyStatus", "s3:GetEncryptionConfiguration"],
      resources: [bucketArn],
      principals,
    },
  ];
}
