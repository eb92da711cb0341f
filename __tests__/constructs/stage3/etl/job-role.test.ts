import { EtlJobRole } from "../../../../constructs/stage3/etl/job-role";
import { synth, TEST_ACCOUNT } from "../../../support";

const stack = synth((scope) => {
  new EtlJobRole(scope, "Job", {
    environment: "test",
    account: TEST_ACCOUNT,
    etl: "c2dw-daily",
    names: { jobRole: "opsdx-test-c2dw-daily-job", template: "c2dw-daily-test" },
    cluster: {
      oidcIssuer: "https://issuer/k8s",
      oidcProviderArn: "arn:aws:iam::123456789012:oidc-provider/issuer/k8s",
    },
    namespace: "etl",
    staging: {
      bucketName: "staging",
      bucketArn: "arn:aws:s3:::staging",
      keyArn: "arn:aws:kms:us-east-1:111122223333:key/1",
    },
    secrets: {
      names: ["opsdx/test/c2dw-daily/dw-password", "opsdx/test/c2dw-daily/epic-key"],
      keyArn: "arn:aws:kms:us-east-1:123456789012:key/secrets",
    },
  });
});
const statements = stack.statements(String(stack.one("aws_iam_policy").body["policy"])) ?? [];
const of = (sid: string) => statements.find((statement) => statement.sid === sid);

describe("EtlJobRole", () => {
  it("is for the ETL's own service account, by the token that kops' webhook asks for", () => {
    const role = stack.one("aws_iam_role", { name: "opsdx-test-c2dw-daily-job" });
    const [trust] = stack.statements(String(role.body["assume_role_policy"])) ?? [];
    const conditions = Object.entries(trust?.conditions["StringEquals"] ?? {});
    expect(conditions.map(([key, value]) => [key.split(":").at(-1), value])).toEqual([
      ["aud", "amazonaws.com"],
      ["sub", "system:serviceaccount:etl:c2dw-daily-test"],
    ]);
  });

  it("ends at the ETL's own folder, and deletes nothing", () => {
    expect(of("Reports")?.resources).toEqual(["arn:aws:s3:::staging/test/task-graphs/c2dw-daily/*"]);
    expect(of("ReportList")?.conditions).toEqual({ StringLike: { "s3:prefix": "test/task-graphs/c2dw-daily/*" } });
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes("Delete"))).toEqual([]);
  });

  it("writes metrics of the ETLs only, and reads its own secrets only", () => {
    expect(of("Metrics")?.conditions).toEqual({ StringEquals: { "cloudwatch:namespace": "OpsDX/ETL" } });
    const secrets = ["dw-password", "epic-key"].map(
      (name) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:opsdx/test/c2dw-daily/${name}-??????`,
    );
    expect(of("Secrets")?.resources).toEqual(secrets);
    expect(of("SecretKey")).toMatchObject({
      resources: ["arn:aws:kms:us-east-1:123456789012:key/secrets"],
      conditions: { ArnLike: { "kms:EncryptionContext:SecretARN": secrets } },
    });
  });

  it("uses keys only through the services that hold what they encrypt", () => {
    for (const sid of ["ReportKey", "SecretKey"]) {
      expect(Object.keys(of(sid)?.conditions["StringEquals"] ?? {})).toEqual(["kms:ViaService"]);
    }
  });

  it("breaks no policy rule", () => {
    expect(stack.findings()).toEqual([]);
  });
});
