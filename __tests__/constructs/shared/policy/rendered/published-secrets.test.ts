import type { KubernetesObject } from "../../../../../constructs/shared/kubernetes-object";
import { publishedIn } from "../../../../../constructs/shared/policy/rendered/published-secrets";

const base64 = (value: string): string => Buffer.from(value).toString("base64");
const object = (kind: string, more: Record<string, unknown>): KubernetesObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "x" },
  ...more,
});

describe("what charts publish", () => {
  it("is found in a Secret, encoded or not, with a line's end behind it or not", () => {
    for (const secret of [
      { data: { "local-users": base64("test:test") } },
      { data: { "local-users": base64("test:test\n") } },
      { stringData: { "local-users": "test:test" } },
    ]) {
      expect(publishedIn(object("Secret", secret))).toEqual(["Concourse's user test:test"]);
    }
    expect(publishedIn(object("Secret", { data: { secretKey: base64("test") } }))).toEqual(['the word "test"']);
  });

  it("is found wherever else it stands, but a mere word is none there", () => {
    const env = [{ name: "CONCOURSE_ADD_LOCAL_USER", value: "test:test" }];
    expect(publishedIn(object("Deployment", { spec: { template: { spec: { containers: [{ env }] } } } }))).toEqual([
      "Concourse's user test:test",
    ]);
    expect(publishedIn(object("ConfigMap", { data: { database: "concourse", stage: "test" } }))).toEqual([]);
  });

  it("is no secret of ours", () => {
    expect(publishedIn(object("Secret", { data: { password: base64("xJ2-not-published") } }))).toEqual([]);
  });
});
