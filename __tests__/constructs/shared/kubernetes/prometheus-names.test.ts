import { loadConfig } from "../../../../config/load";
import { prometheusPods } from "../../../../config/requests/prometheus";
import { serviceSecrets } from "../../../../config/service-secrets";
import { ALERTMANAGER, PROMETHEUS_SERVER } from "../../../../constructs/shared/kubernetes/prometheus-names";
import { TARGETS } from "../../../../constructs/stage3/prometheus/targets";
import { findTarget } from "../../../../tools/open/targets";

const [dev] = loadConfig().environments;
if (dev === undefined) throw new Error("there is no environment");

// As the chart renders them: __tests__/constructs/stage3/prometheus/chart.test.ts.
it("are those that chart and operator give", () => {
  expect(PROMETHEUS_SERVER).toEqual({
    namespace: "monitoring",
    resource: "prometheus/prometheus",
    statefulSet: "prometheus-prometheus",
    service: "prometheus-prometheus",
    port: 9090,
  });
  expect(ALERTMANAGER).toEqual({
    namespace: "monitoring",
    resource: "alertmanager/prometheus",
    statefulSet: "alertmanager-prometheus",
    service: "prometheus-alertmanager",
    port: 9093,
  });
});

it("are the same wherever they are written", () => {
  const both = [PROMETHEUS_SERVER, ALERTMANAGER];
  expect(TARGETS.map(({ job }) => job)).toEqual(expect.arrayContaining(both.map(({ service }) => service)));
  expect(prometheusPods(dev).map(({ name }) => name)).toEqual(
    expect.arrayContaining(both.map(({ statefulSet }) => statefulSet)),
  );
  for (const [name, { namespace, port, service }] of [
    ["prometheus", PROMETHEUS_SERVER],
    ["alertmanager", ALERTMANAGER],
  ] as const) {
    expect(findTarget(dev, name, "k8s-ml")).toEqual({
      kind: "cluster",
      context: "k8s-ml.dev.opsdx.io",
      namespace,
      service,
      port,
    });
  }
  const restarts = serviceSecrets(dev).flatMap(({ afterRotation, service }) =>
    service === "prometheus" ? afterRotation : [],
  );
  const { namespace, statefulSet } = PROMETHEUS_SERVER;
  expect(restarts.join("\n")).toContain(`-n ${namespace} rollout restart statefulset/${statefulSet}`);
});
