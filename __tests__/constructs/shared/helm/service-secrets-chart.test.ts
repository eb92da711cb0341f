import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { parseAllDocuments } from "yaml";

const CHART = path.resolve(__dirname, "../../../../constructs/shared/helm/service-secrets-chart");
const HELM = process.env["OPSDX_HELM"] ?? "helm";
const found = spawnSync(HELM, ["version"]).error === undefined;

type Manifest = Readonly<Record<string, unknown>> & { readonly kind: string; readonly spec: Record<string, unknown> };

function rendered(values: object): readonly Manifest[] {
  const out = execFileSync(HELM, ["template", "pump-secrets", CHART, "-n", "pumps", "-f", "-"], {
    input: JSON.stringify(values),
    encoding: "utf8",
  });
  return parseAllDocuments(out).map((document) => document.toJSON() as Manifest);
}

const VALUES = {
  service: "pump",
  region: "us-east-1",
  roleArn: "arn:aws:iam::123456789012:role/pump",
  operator: { namespace: "operators", serviceAccount: "operator" },
  refreshInterval: "1h",
  secrets: {
    "pump-admin": { data: { "admin-password": { from: "opsdx/test/pump/admin" } } },
    "pump-web": {
      type: "example.org/ini",
      template: { "web.ini": "a: {{ .user }}\nb: '{{ index . \"admin-password\" }}'\n" },
      data: { user: { from: "opsdx/test/pump/web", property: "user" } },
    },
  },
};

// Skipped where there is no Helm: OPSDX_HELM names one.
(found ? describe : describe.skip)("the chart of ServiceSecrets, by Helm", () => {
  const objects = found ? rendered(VALUES) : [];
  const named = (kind: string, name: string): Manifest | undefined =>
    objects.find((object) => object.kind === kind && (object["metadata"] as { name: string }).name === name);

  it("renders an account, its store, and an ExternalSecret for each Secret", () => {
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      "ExternalSecret",
      "ExternalSecret",
      "Role",
      "RoleBinding",
      "SecretStore",
      "ServiceAccount",
    ]);
    expect(named("ServiceAccount", "pump-secrets")?.["metadata"]).toMatchObject({
      annotations: {
        "eks.amazonaws.com/role-arn": VALUES.roleArn,
        "eks.amazonaws.com/audience": "amazonaws.com",
      },
    });
    expect(named("SecretStore", "pump")?.spec).toEqual({
      provider: {
        aws: {
          service: "SecretsManager",
          region: "us-east-1",
          auth: { jwt: { serviceAccountRef: { name: "pump-secrets" } } },
        },
      },
    });
  });

  it("hands names and templates over as they are", () => {
    expect(named("ExternalSecret", "pump-admin")?.spec).toEqual({
      refreshInterval: "1h",
      secretStoreRef: { kind: "SecretStore", name: "pump" },
      target: { name: "pump-admin", creationPolicy: "Owner", deletionPolicy: "Retain" },
      data: [{ secretKey: "admin-password", remoteRef: { key: "opsdx/test/pump/admin" } }],
    });
    expect(named("ExternalSecret", "pump-web")?.spec).toMatchObject({
      target: {
        template: { engineVersion: "v2", type: "example.org/ini", data: VALUES.secrets["pump-web"].template },
      },
      data: [{ secretKey: "user", remoteRef: { key: "opsdx/test/pump/web", property: "user" } }],
    });
  });

  it("lets the operator take on this account, and no other", () => {
    expect(named("Role", "pump-secrets-token")?.["rules"]).toEqual([
      { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: ["pump-secrets"], verbs: ["create"] },
    ]);
    expect(named("RoleBinding", "pump-secrets-token")?.["subjects"]).toEqual([
      { kind: "ServiceAccount", name: "operator", namespace: "operators" },
    ]);
  });
});
