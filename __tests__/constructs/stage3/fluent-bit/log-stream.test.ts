import fc from "fast-check";
import { LOG_DESTINATIONS, logStream } from "../../../../constructs/stage3/fluent-bit/log-stream";

describe("logStream", () => {
  it.each([
    ["default", "trews-rest-api", "kubernetes/default/trews/rest/api"],
    ["c2dw-etl", "c2dw-etl", "kubernetes/c2dw/etl/c2dw/etl"],
    ["kube-system", "coredns", "kubernetes/kube/system/coredns"],
  ])("is the wiki's for %s and %s", (namespace, container, stream) => {
    expect(logStream(namespace, container)).toBe(stream);
  });

  it("leaves the hyphens of a cluster's own root", () => {
    expect(logStream("kube-system", "coredns", "k8s-ml-tf")).toBe("k8s-ml-tf/kube/system/coredns");
  });

  it("is a name that CloudWatch takes, for any namespace and container", () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, label, (namespace, container) => {
        expect(logStream(namespace, container)).toMatch(/^[^:*]{1,512}$/);
      }),
    );
  });
});

describe("LOG_DESTINATIONS", () => {
  it("gives clusters that share a log group roots of their own", () => {
    const places = Object.values(LOG_DESTINATIONS).map(({ logs, root }) => `${logs} ${root}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it("leaves the wiki's streams to the clusters that the wiki knows", () => {
    expect([LOG_DESTINATIONS.k8s.root, LOG_DESTINATIONS["k8s-ml"].root]).toEqual(["kubernetes", "kubernetes"]);
  });
});
