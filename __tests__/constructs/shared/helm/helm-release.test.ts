import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { HelmRelease, type HelmReleaseProps } from "../../../../constructs/shared/helm/helm-release";
import { synth } from "../../../support";

// Put together here, so that no scanner finds a secret in this file.
const accessKey = ["AKIA", "A1B2C3D4E5F6G7H8"].join("");

/** A release with what matters to a test. */
function releaseOf(props: Partial<HelmReleaseProps> = {}) {
  return synth((stack) => {
    const role = new IamRole(stack, "Role", { name: "r", assumeRolePolicy: "{}" });
    new HelmRelease(stack, "Pump", {
      provider: new HelmProvider(stack, "Helm", { alias: "k8s" }),
      releaseName: "pump",
      namespace: "monitoring",
      chart: { name: "pump-chart", version: "1.2.3", repository: "https://charts.example.org" },
      values: { replicas: 2, serviceAccount: { annotations: { role: role.arn } } },
      dependsOn: [role],
      ...props,
    });
  }).one("helm_release").body;
}

describe("HelmRelease", () => {
  it("pins the chart, waits for it, and takes a failed upgrade back", () => {
    expect(releaseOf()).toMatchObject({
      name: "pump",
      namespace: "monitoring",
      create_namespace: false,
      chart: "pump-chart",
      version: "1.2.3",
      repository: "https://charts.example.org",
      atomic: true,
      wait: true,
      timeout: 600,
      max_history: 10,
      provider: "helm.k8s",
      depends_on: ["aws_iam_role.Role"],
    });
  });

  it("hands the values over as one JSON text, references included", () => {
    const [values, ...more] = releaseOf()["values"] as string[];
    expect(more).toEqual([]);
    expect(JSON.parse(String(values))).toEqual({
      replicas: 2,
      serviceAccount: { annotations: { role: "${aws_iam_role.Role.arn}" } },
    });
  });

  it("keeps null, which removes a default, and leaves undefined out", () => {
    const [values] = releaseOf({ values: { gone: null, absent: undefined as never } })["values"] as string[];
    expect(JSON.parse(String(values))).toEqual({ gone: null });
  });

  it("says at once everything that is wrong", () => {
    expect(() =>
      releaseOf({
        releaseName: "Pump",
        chart: { name: "pump", version: "^1.2.0", repository: "charts.example.org" },
        values: { note: accessKey, admin: { password: "hunter2" } },
      }),
    ).toThrow(
      [
        'test/Pump: releaseName must be at most 53 lower-case letters, digits and hyphens, got "Pump"',
        'test/Pump: chart.version must be an exact version such as 1.2.3, got "^1.2.0"',
        'test/Pump: chart.repository must start with https:// or oci://, got "charts.example.org"',
        "test/Pump: values must hold no secret, only the name of a Secret: holds values[0].note (an AWS access key), values[0].admin.password (a literal secret)",
      ].join("\n"),
    );
  });

  it.each([
    ["the name of a Secret", { admin: { existingSecret: "grafana-admin" }, tokenSecretName: "x" }],
    ["a reference", { password: "${data.aws_secretsmanager_secret_version.x.secret_string}" }],
    ["an OCI repository's chart", {}, { name: "x", version: "v26.7.0", repository: "oci://ghcr.io/x/charts" }],
  ])("takes %s", (_, values, chart = { name: "x", version: "1.0.0", repository: "https://x.example" }) => {
    expect(releaseOf({ values, chart })["chart"]).toBe("x");
  });
});
