import { AccountDefaults } from "../../../../constructs/shared/audit/account-defaults";
import { MANAGED_RULES } from "../../../../constructs/shared/audit/config-rules";
import { synth, TEST_ACCOUNT } from "../../../support";

const build = (publicBucketPolicies?: boolean) =>
  synth((stack) => {
    new AccountDefaults(stack, "Defaults", { namePrefix: "opsdx-test", account: TEST_ACCOUNT, publicBucketPolicies });
  });

describe("AccountDefaults", () => {
  it("closes every way for a bucket to be public", () => {
    expect(build().one("aws_s3_account_public_access_block").body).toEqual({
      account_id: TEST_ACCOUNT.id,
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  it("leaves bucket policies to the bucket where asked to, and ACLs closed all the same", () => {
    expect(build(true).one("aws_s3_account_public_access_block").body).toMatchObject({
      block_public_acls: true,
      block_public_policy: false,
      ignore_public_acls: true,
      restrict_public_buckets: false,
    });
  });

  it("encrypts volumes with a key that every principal of the account can use through EC2, and nobody else", () => {
    const stack = build();
    expect(stack.one("aws_ebs_encryption_by_default").body["enabled"]).toBe(true);
    const key = stack.one("aws_kms_key");
    expect(stack.one("aws_ebs_default_kms_key").body["key_arn"]).toBe(`\${${key.address}.arn}`);
    const policy = JSON.parse(String(key.body["policy"])) as { Statement: { Sid: string; Condition: unknown }[] };
    expect(policy.Statement.find(({ Sid }) => Sid === "ThroughEc2")?.Condition).toEqual({
      StringEquals: { "kms:CallerAccount": TEST_ACCOUNT.id, "kms:ViaService": "ec2.us-east-1.amazonaws.com" },
    });
  });

  it("shares no snapshot and no image, and answers no IMDSv1", () => {
    const stack = build();
    expect(stack.one("aws_ebs_snapshot_block_public_access").body["state"]).toBe("block-all-sharing");
    expect(stack.one("aws_ec2_image_block_public_access").body["state"]).toBe("block-new-sharing");
    expect(stack.one("aws_ec2_instance_metadata_defaults").body).toMatchObject({
      http_tokens: "required",
      http_put_response_hop_limit: 1,
    });
  });

  it("sets the very password policy that the Config rule asks for", () => {
    const { body } = build().one("aws_iam_account_password_policy");
    const asked = MANAGED_RULES.find(({ id }) => id === "PasswordPolicy")?.parameters;
    expect(asked).toEqual({
      RequireUppercaseCharacters: String(body["require_uppercase_characters"]),
      RequireLowercaseCharacters: String(body["require_lowercase_characters"]),
      RequireSymbols: String(body["require_symbols"]),
      RequireNumbers: String(body["require_numbers"]),
      MinimumPasswordLength: String(body["minimum_password_length"]),
      PasswordReusePrevention: String(body["password_reuse_prevention"]),
      MaxPasswordAge: String(body["max_password_age"]),
    });
  });

  it("breaks no policy rule", () => {
    expect(build().findings()).toEqual([]);
  });
});
