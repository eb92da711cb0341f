import { loadConfig } from "../../../config/load";
import { prometheusSecrets } from "../../../config/service-secrets/prometheus";

const [dev] = loadConfig().environments;
if (dev?.grafana === undefined) throw new Error("dev has no Grafana");

const GRAFANA = "kubectl --context k8s.dev.opsdx.io -n monitoring rollout restart deployment/grafana";
const PROMETHEUS = "kubectl --context <cluster> -n monitoring rollout restart statefulset/prometheus-prometheus";

const after = (environment: typeof dev, reference: string): string =>
  (prometheusSecrets(environment).find((secret) => secret.reference === reference)?.afterRotation ?? []).join("\n");

describe("a new secret of Prometheus", () => {
  it.each(["web", "tls"])("%s: Grafana, which reads it when it starts, is started anew, and last", (reference) => {
    expect(after(dev, reference).split("\n").at(-1)).toBe(GRAFANA);
  });

  it("a certificate has another authority: Prometheus of each cluster starts anew, too", () => {
    expect(after(dev, "tls")).toContain(PROMETHEUS);
    expect(after(dev, "web")).not.toContain(PROMETHEUS);
  });

  it("names no Grafana where there is none", () => {
    const { grafana, ...without } = dev;
    expect(grafana).toBeDefined();
    for (const reference of ["web", "tls"]) expect(after(without as typeof dev, reference)).not.toContain("rafana");
  });
});
