import fc from "fast-check";
import { logStream } from "../../../../constructs/stage3/fluent-bit/log-stream";

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
