import { BackupReplica } from "../../../../constructs/stage1/db/backup-replica";
import { synth, TEST_ACCOUNT } from "../../../support";
import { instanceIn, monitoringOf } from "./support";

const stack = synth((scope) => {
  const provider = scope.aliasedAws("Replica", {
    alias: "replica",
    owner: "test",
    account: { id: TEST_ACCOUNT.id, region: "us-west-2" },
  });
  new BackupReplica(scope, "Copy", {
    instance: instanceIn(scope, monitoringOf(scope)),
    accountId: TEST_ACCOUNT.id,
    retentionDays: 35,
    provider,
  });
});

describe("BackupReplica", () => {
  it("copies the instance's backups with a key of the other region", () => {
    const key = stack.one("aws_kms_key", { description: "Copies of the backups of opsdx-test-db" });
    expect(key.body["provider"]).toBe("aws.replica");
    expect(stack.one("aws_db_instance_automated_backups_replication").body).toMatchObject({
      provider: "aws.replica",
      source_db_instance_arn: `\${${stack.one("aws_db_instance").address}.arn}`,
      kms_key_id: `\${${key.address}.arn}`,
      retention_period: 35,
    });
  });
});
