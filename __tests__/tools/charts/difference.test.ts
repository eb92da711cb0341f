import type { KubernetesObject } from "../../../constructs/shared/kubernetes-object";
import { differenceOf } from "../../../tools/charts/difference";

const object = (kind: string, rest: object, name = "it"): KubernetesObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name },
  ...rest,
});

describe("differenceOf", () => {
  it("names what comes and goes, and the lines in which the rest differs", () => {
    const before = [object("Service", { spec: { a: 1, b: 2 } }), object("ConfigMap", {}), object("Job", {})];
    const after = [object("Service", { spec: { a: 1, b: 3 } }), object("ConfigMap", {}), object("Pod", {})];
    expect(differenceOf(before, after)).toEqual([
      { on: "Job/it", change: "removed" },
      { on: "Pod/it", change: "added" },
      { on: "Service/it", change: "changed", lines: [" spec:", "   a: 1", "-  b: 2", "+  b: 3"] },
    ]);
  });

  it("never tells what a Secret holds, nor a credential elsewhere", () => {
    const text = JSON.stringify(
      differenceOf(
        [object("Secret", { data: { key: "b2xk" } }), object("ConfigMap", { data: { url: "pg://me:old@db" } })],
        [object("Secret", { data: { key: "bmV3" } }), object("ConfigMap", { data: { url: "pg://me:new@db" } })],
      ),
    );
    expect(text).toContain("only what is not shown differs");
    expect(text).not.toMatch(/b2xk|bmV3|:old|:new/);
  });

  it("tells of a long one its beginning", () => {
    const long = (word: string): object => ({
      data: Object.fromEntries([...Array(60).keys()].map((n) => [`k${n}`, `${word}${n}`])),
    });
    const [found] = differenceOf([object("ConfigMap", long("a"))], [object("ConfigMap", long("b"))]);
    expect(found?.lines).toHaveLength(41);
    expect(found?.lines?.at(-1)).toMatch(/^… and \d+ more lines$/);
  });
});
