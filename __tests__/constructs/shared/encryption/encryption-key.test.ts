import { TerraformOutput } from "../../../../constructs/shared/cdktf";
import { EncryptionKey } from "../../../../constructs/shared/encryption/encryption-key";
import { synth, TEST_ACCOUNT } from "../../../support";

const PROPS = { alias: "opsdx-test-pump", description: "The pump", accountId: TEST_ACCOUNT.id };

describe("EncryptionKey", () => {
  const stack = synth((scope) => {
    const { arn } = new EncryptionKey(scope, "Key", PROPS);
    new TerraformOutput(scope, "arn", { value: arn, staticId: true });
  });
  const key = stack.one("aws_kms_key");

  it("rotates every year and can be restored for 30 days", () => {
    expect(key.body).toMatchObject({
      description: "The pump",
      enable_key_rotation: true,
      deletion_window_in_days: 30,
    });
  });

  it("is governed by its account's IAM policies and nothing else", () => {
    expect(JSON.parse(String(key.body["policy"]))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "OwningAccount",
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${TEST_ACCOUNT.id}:root` },
          Action: ["kms:*"],
          Resource: ["*"],
        },
      ],
    });
  });

  it("has an alias", () => {
    expect(stack.one("aws_kms_alias").body).toEqual({
      name: "alias/opsdx-test-pump",
      target_key_id: `\${${key.address}.key_id}`,
    });
  });

  it("hands out its ARN as a reference", () => {
    expect(stack.json["output"]).toEqual({ arn: { value: `\${${key.address}.arn}` } });
  });

  it("adds statements after the account's", () => {
    const { body } = synth((scope) => {
      const statements = [
        { sid: "Logs", actions: ["kms:Decrypt"], resources: ["*"], principals: { Service: "logs.amazonaws.com" } },
      ];
      new EncryptionKey(scope, "Key", { ...PROPS, statements });
    }).one("aws_kms_key");
    const { Statement } = JSON.parse(String(body["policy"])) as { Statement: { Sid: string }[] };
    expect(Statement.map(({ Sid }) => Sid)).toEqual(["OwningAccount", "Logs"]);
  });

  it("stands where its provider stands, alias included", () => {
    const { resources } = synth((scope) => {
      const provider = scope.aliasedAws("West", {
        alias: "west",
        owner: "test",
        account: { id: TEST_ACCOUNT.id, region: "us-west-2" },
      });
      new EncryptionKey(scope, "Key", { ...PROPS, provider });
    });
    expect(resources.map(({ type, body }) => [type, body["provider"]])).toEqual([
      ["aws_kms_key", "aws.west"],
      ["aws_kms_alias", "aws.west"],
    ]);
  });

  it("breaks no policy rule", () => {
    expect(stack.findings()).toEqual([]);
  });
});
