import { ServiceSecrets, type KubernetesSecret } from "../../../../constructs/shared/helm/service-secrets";
import { WorkloadNamespace } from "../../../../constructs/shared/kubernetes/workload-namespace";
import type { ServiceSecret } from "../../../../config/service-secrets";
import { synth } from "../../../support";
import { platformIn, releaseOn } from "../../stage3/platform";

const READERS = [{ service: "pump", cluster: "k8s" }] as const;
const DECLARED: readonly ServiceSecret[] = [
  { service: "pump", reference: "admin", recipe: { kind: "password" }, readers: READERS, afterRotation: [] },
  {
    service: "pump",
    reference: "web",
    recipe: { kind: "htpasswd", user: "pump" },
    readers: READERS,
    afterRotation: [],
  },
  {
    service: "well",
    reference: "login",
    recipe: { kind: "person", what: "the well's owner" },
    readers: READERS,
    afterRotation: [],
  },
  { service: "well", reference: "own", recipe: { kind: "password" }, readers: [], afterRotation: [] },
];
const SECRETS: readonly KubernetesSecret[] = [
  { name: "pump-admin", data: { "admin-password": { reference: "admin" } } },
  {
    name: "pump-web",
    data: { user: { reference: "web", property: "user" }, login: { reference: "login", service: "well" } },
    template: { "web.ini": "url = https://{{ .user }}:{{.login}}@well.example/", password: "{{ .login }}" },
    type: "example.org/ini",
  },
];

function made(secrets = SECRETS, cluster: "k8s" | "k8s-ml" = "k8s") {
  return synth((scope) => {
    const platform = { ...platformIn(scope), serviceSecrets: DECLARED, secretOperators: { k8s: [] } };
    const { kubernetes: provider } = platform.clusters[cluster];
    new ServiceSecrets(scope, "Secrets", {
      platform,
      cluster,
      namespace: new WorkloadNamespace(scope, "Namespace", { provider, name: "pumps", level: "restricted" }),
      service: "pump",
      secrets,
    });
  });
}
const stack = made();

describe("ServiceSecrets", () => {
  it("is a release of the project's own chart, with names of secrets and no value", () => {
    const { body, values } = releaseOn(stack, "k8s");
    expect(body).toMatchObject({ name: "pump-secrets", namespace: "pumps", wait: true });
    expect(body["chart"]).toMatch(/^\.\/assets\/Secrets_Chart_\w+\/[0-9A-F]{32}$/);
    expect(body).not.toHaveProperty("repository");
    expect(values).toEqual({
      service: "pump",
      region: "us-east-1",
      roleArn: expect.stringMatching(/^\$\{aws_iam_role\..+\.arn\}$/) as string,
      operator: { namespace: "external-secrets", serviceAccount: "external-secrets" },
      refreshInterval: "1h",
      secrets: {
        "pump-admin": { data: { "admin-password": { from: "opsdx/test/pump/admin" } } },
        "pump-web": {
          type: "example.org/ini",
          template: SECRETS[1]?.template,
          data: {
            user: { from: "opsdx/test/pump/web", property: "user" },
            login: { from: "opsdx/test/well/login" },
          },
        },
      },
    });
  });

  it("may read just these, for this account of this cluster", () => {
    const role = stack.one("aws_iam_role", { name: "opsdx-test-pump-secrets-k8s" }).body;
    expect(stack.statements(String(role["assume_role_policy"]))?.[0]?.conditions).toMatchObject({
      StringEquals: expect.objectContaining({}) as object,
    });
    expect(String(role["assume_role_policy"])).toContain("system:serviceaccount:pumps:pump-secrets");
    const policy = stack.one("aws_iam_policy", { name: "opsdx-test-pump-secrets-k8s" }).body["policy"];
    const reads = stack.statements(String(policy)) ?? [];
    expect(
      reads.filter(({ actions }) => actions.includes("secretsmanager:GetSecretValue")).map((s) => s.resources),
    ).toEqual(
      [["pump/admin", "pump/web"], ["well/login"]].map((names) =>
        names.map((n) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:opsdx/test/${n}-??????`),
      ),
    );
    expect(new Set(reads.flatMap(({ actions }) => actions))).toEqual(
      new Set(["secretsmanager:GetSecretValue", "kms:Decrypt"]),
    );
  });

  it("is not planned before each secret has a value, and names the command; it reads ids of versions only", () => {
    const data = stack.json["data"] as Record<string, Record<string, Record<string, unknown>>>;
    expect(Object.keys(data)).toEqual(["aws_secretsmanager_secret_versions"]);
    const versions = Object.values(data["aws_secretsmanager_secret_versions"] ?? {});
    expect(versions.map((one) => one["secret_id"])).toEqual(
      ["pump/admin", "pump/web", "well/login"].map(
        (name) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:opsdx/test/${name}`,
      ),
    );
    expect(
      versions.map(
        (one) => (one["lifecycle"] as { postcondition: { error_message: string }[] }).postcondition[0]?.error_message,
      ),
    ).toEqual([
      "The secret opsdx/test/pump/admin has no value: npx opsdx secrets init test (it makes one).",
      "The secret opsdx/test/pump/web has no value: npx opsdx secrets init test (it makes one).",
      "The secret opsdx/test/well/login has no value: npx opsdx secrets init test (nobody can make it up: the well's owner).",
    ]);
    const { body } = releaseOn(stack, "k8s");
    expect((body["depends_on"] as string[]).filter((address) => address.startsWith("data."))).toHaveLength(3);
  });

  it("leaves no policy finding open", () => {
    expect(
      stack.findings().filter(({ acknowledged, path }) => acknowledged === undefined && path.includes("/Secrets")),
    ).toEqual([]);
  });

  it("says at once everything that is wrong", () => {
    expect(() =>
      made([
        {
          name: "Pump",
          data: {
            a: { reference: "amdin" },
            b: { reference: "own", service: "well" },
            c: { reference: "admin", property: "user" },
            "d e": { reference: "web", property: "hash" },
          },
        },
        { name: "empty", data: {} },
        { name: "empty", data: { a: { reference: "admin" } } },
      ]),
    ).toThrow(
      [
        'test/Secrets: secrets must have a name each, got "empty" twice',
        'test/Secrets: secrets[].name must be at most 63 lower-case letters, digits and hyphens, got "Pump"',
        'test/Secrets: secrets.Pump must have keys of letters, digits, - _ and ., got "d e"',
        'test/Secrets: secrets.Pump.data.a.reference must be a secret of pump in config/service-secrets.ts (admin, web), got "amdin"',
        'test/Secrets: secrets.Pump.data.b.reference must name pump on k8s among its readers, got "own"',
        'test/Secrets: secrets.Pump.data.c.property must be left out: a password is one text, got "user"',
        'test/Secrets: secrets.Pump.data.d e.property must be one of user, password, bcrypt, got "hash"',
        "test/Secrets: secrets.empty.data must name a source, got none",
      ].join("\n"),
    );
  });

  it("refuses a cluster that has no operator, and a literal secret in a template", () => {
    expect(() => made(SECRETS, "k8s-ml")).toThrow(
      "cluster must be one that config/service-secrets.ts names as a reader's",
    );
    const literal = { password: "hunter2" };
    expect(() => made([{ name: "x", data: { a: { reference: "admin" } }, template: literal }])).toThrow(
      "secrets.x.template.password (a literal secret)",
    );
  });
});
