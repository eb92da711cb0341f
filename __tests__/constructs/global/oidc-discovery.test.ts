import { OidcDiscovery } from "../../../constructs/global/oidc-discovery";
import { letsAccount, statement, statementsOf, synthShared } from "./support";

let url = "";
const stack = synthShared((base, shared) => {
  ({ url } = new OidcDiscovery(base, "OidcDiscovery", { ...shared, bucketName: "oidc" }));
});
const bucket = stack.one("aws_s3_bucket", { bucket: "oidc" });
const policy = stack.referring("aws_s3_bucket_policy", "bucket", bucket)[0]?.body["policy"];

describe("OidcDiscovery", () => {
  test("lets anyone read two documents per cluster, over TLS, and nothing else", () => {
    const open = statementsOf(policy).filter(({ Effect, Principal }) => Effect === "Allow" && Principal === "*");
    expect(open.map(({ Sid, Action }) => [Sid, Action])).toEqual([["PublicRead", ["s3:GetObject"]]]);
    const arn = `\${${bucket.address}.arn}`;
    expect(open[0]?.Resource).toEqual(
      ["k8s.dev.opsdx.io", "k8s-ml.dev.opsdx.io", "k8s.prod.opsdx.io"].flatMap((cluster) => [
        `${arn}/${cluster}/.well-known/openid-configuration`,
        `${arn}/${cluster}/openid/v1/jwks`,
      ]),
    );
    expect(statement(policy, "TlsOnly")).toMatchObject({ Effect: "Deny", Action: ["s3:*"], Principal: "*" });
  });

  test("opens the policy only: ACLs stay blocked", () => {
    expect(stack.one("aws_s3_bucket_public_access_block").body).toMatchObject({
      block_public_acls: true,
      ignore_public_acls: true,
      block_public_policy: false,
      restrict_public_buckets: false,
    });
  });

  test("is encrypted without a key that anonymous readers would need", () => {
    expect(JSON.stringify(stack.one("aws_s3_bucket_server_side_encryption_configuration").body["rule"])).toContain(
      "AES256",
    );
  });

  test("lets an environment publish its own clusters' documents only", () => {
    expect(letsAccount(policy, "444455556666", "s3:PutObject", "arn", "k8s.dev.opsdx.io/openid/v1/jwks")).toBe(true);
    expect(letsAccount(policy, "444455556666", "s3:PutObject", "arn", "k8s.prod.opsdx.io/openid/v1/jwks")).toBe(false);
    expect(letsAccount(policy, "777788889999", "s3:DeleteObject", "arn", "k8s.dev.opsdx.io/openid/v1/jwks")).toBe(
      false,
    );
  });

  test("lets an environment take its documents away, version by version", () => {
    const document = "k8s.dev.opsdx.io/openid/v1/jwks";
    expect(letsAccount(policy, "444455556666", "s3:DeleteObjectVersion", "arn", document)).toBe(true);
    expect(letsAccount(policy, "777788889999", "s3:DeleteObjectVersion", "arn", document)).toBe(false);
    expect(statement(policy, "ProdList")).toMatchObject({
      Action: ["s3:ListBucket", "s3:ListBucketVersions"],
      Condition: { StringLike: { "s3:prefix": ["k8s.prod.opsdx.io", "k8s.prod.opsdx.io/*"] } },
    });
  });

  test("gives the address that issuers begin with", () => {
    expect(url).toBe("https://oidc.s3.us-east-1.amazonaws.com");
  });

  test("acknowledges being public, with reasons, and leaves no finding open", () => {
    const own = stack.findings().filter(({ path }) => path.includes("OidcDiscovery"));
    expect(own.filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    expect(own.map(({ rule }) => rule).sort()).toEqual([
      "PolicyNoWildcardPrincipal",
      "S3BucketLevelPublicAccessProhibited",
      "S3BucketReplicationEnabled",
      "S3DefaultEncryptionKMS",
    ]);
  });

  test("stays closed while there is no cluster", () => {
    const empty = synthShared((base, shared) => {
      new OidcDiscovery(base, "OidcDiscovery", { ...shared, bucketName: "oidc" });
    }, []);
    expect(empty.one("aws_s3_bucket_public_access_block").body).toMatchObject({ restrict_public_buckets: true });
    expect(statementsOf(empty.one("aws_s3_bucket_policy").body["policy"]).map(({ Sid }) => Sid)).toEqual(["TlsOnly"]);
  });
});
