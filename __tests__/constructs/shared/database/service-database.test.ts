import { X509Certificate } from "node:crypto";
import { ServiceDatabase, type ServiceDatabaseProps } from "../../../../constructs/shared/database/service-database";
import { WorkloadNamespace } from "../../../../constructs/shared/kubernetes/workload-namespace";
import type { Platform } from "../../../../constructs/shared/platform";
import type { IConstruct } from "../../../../constructs/shared/cdktf";
import { synth } from "../../../support";
import { platformIn } from "../../stage3/platform";

let databases: Platform["databases"];

function databaseOf(props: Partial<ServiceDatabaseProps> = {}, change: Partial<Platform> = {}) {
  let made: ServiceDatabase | undefined;
  const stack = synth((scope) => {
    const whole = platformIn(scope);
    databases = whole.databases;
    const platform = Object.create(whole, Object.getOwnPropertyDescriptors(change)) as Platform;
    const provider = platform.clusters.k8s.kubernetes;
    const namespace = new WorkloadNamespace(scope, "Namespace", { provider, name: "redash", level: "restricted" });
    made = new ServiceDatabase(scope, "Database", { platform, service: "redash", namespace, ...props });
  });
  if (made === undefined) throw new Error("nothing was made");
  return { stack, made };
}
const jobName = (...args: Parameters<typeof databaseOf>): unknown => {
  const metadata = databaseOf(...args).stack.one("kubernetes_job_v1").body["metadata"];
  return (metadata as { readonly name: unknown }).name;
};

describe("ServiceDatabase", () => {
  const { made, stack } = databaseOf();

  it("tells the service where its database is, and what to wait for", () => {
    expect(made).toMatchObject({
      host: "services.example",
      port: "5432",
      database: "redash",
      user: "redash",
    });
    const paths = made.ready.map((construct) => (construct as unknown as IConstruct).node.path);
    expect(paths).toEqual([stack.one("kubernetes_job_v1").path, "test/Database/Certificates"]);
  });

  it("may read the master's secret, the role's password and nothing else", () => {
    const { body } = stack.one("aws_iam_policy", { name: "opsdx-test-redash-database" });
    const statements = stack.statements(String(body["policy"])) ?? [];
    expect(statements.map(({ sid, actions, resources }) => [sid, actions, resources])).toEqual([
      [
        "MasterSecret",
        ["secretsmanager:GetSecretValue"],
        ["arn:aws:secretsmanager:us-east-1:123456789012:secret:services"],
      ],
      ["MasterKey", ["kms:Decrypt"], ["arn:aws:kms:us-east-1:123456789012:key/1"]],
      [
        "Secrets",
        ["secretsmanager:GetSecretValue"],
        ["arn:aws:secretsmanager:us-east-1:123456789012:secret:opsdx/test/redash/database-password-??????"],
      ],
      ["SecretKey", ["kms:Decrypt"], ["arn:aws:kms:us-east-1:123456789012:key/redash"]],
    ]);
  });

  it("runs in a restricted pod that reaches AWS and databases only", () => {
    const { body } = stack.one("kubernetes_job_v1");
    const { spec } = body as { spec: { template: { spec: Record<string, unknown> } } };
    expect(spec.template.spec).toMatchObject({
      automount_service_account_token: false,
      restart_policy: "Never",
      security_context: { run_as_non_root: true, seccomp_profile: { type: "RuntimeDefault" } },
    });
    expect(spec.template.spec["node_selector"]).toBeUndefined();
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
    const policies = stack.ofType("kubernetes_network_policy_v1");
    const policy = policies.find(({ path }) => path === "test/Database/Network/Resource");
    expect(policy?.body["spec"]).toMatchObject({
      policy_types: ["Egress"],
      egress: [
        { ports: [{ port: "443" }] },
        { to: [{ ip_block: { cidr: "10.0.0.0/16" } }], ports: [{ port: "5432" }] },
      ],
    });
  });

  it("is made again when program or settings change, and not otherwise", () => {
    const name = jobName();
    expect(name).toMatch(/^redash-database-[0-9a-f]{8}$/);
    expect(jobName()).toBe(name);
    expect(jobName({ connectionLimit: 51 })).not.toBe(name);
    expect(jobName({}, { programs: { serviceDatabase: "other();" } })).not.toBe(name);
  });

  it("is a template for people, too, whose Jobs go by themselves; Terraform's stays", () => {
    const { body } = stack.one("kubernetes_cron_job_v1") as unknown as {
      body: { spec: { suspend: boolean; job_template: { spec: Record<string, unknown> } } };
    };
    const { ttl_seconds_after_finished: ttl, ...template } = body.spec.job_template.spec;
    expect(body.spec.suspend).toBe(true);
    expect(ttl).toBe("86400");
    expect(stack.one("kubernetes_job_v1").body["spec"]).toEqual(template);
  });

  it("gives the authorities of the region's databases, which are valid for years", () => {
    const maps = stack.ofType("kubernetes_config_map_v1");
    const data = maps.find(({ path }) => path.endsWith("/Certificates"))?.body["data"];
    const pem = (data as { readonly "ca.pem": string })["ca.pem"];
    const found = (pem.match(/-----BEGIN[^]*?END CERTIFICATE-----/g) ?? []).map((text) => new X509Certificate(text));
    expect(found.map(({ subject }) => /CN=(.*)/.exec(subject)?.[1])).toEqual(
      ["RSA2048", "RSA4096", "ECC384"].map((kind) => `Amazon RDS us-east-1 Root CA ${kind} G1`),
    );
    for (const { validTo } of found) expect(Date.parse(validTo)).toBeGreaterThan(Date.UTC(2060, 0));
  });

  it("is refused where there is no database of services, or no authority of the region", () => {
    expect(() => databaseOf({}, { databases: { ...databases, servicesAddress: undefined } })).toThrow(
      "test/Database: platform.databases must hold the database of services, got none (databases.services)",
    );
    expect(() => databaseOf({}, { account: { id: "123456789012", region: "us-east-9" } })).toThrow(
      'region must be one that RDS has authorities of, got "us-east-9"',
    );
  });
});
