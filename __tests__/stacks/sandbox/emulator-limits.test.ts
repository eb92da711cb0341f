import { EMULATOR_AMNESIA, EMULATOR_LIMITS } from "../../../stacks/sandbox/emulator-limits";
import {
  LEFT_OUT_VALUE,
  leftOutOf,
  withinEmulatorLimits,
  type EmulatorRules,
} from "../../../stacks/sandbox/within-emulator-limits";

const RULES: EmulatorRules = {
  limits: [
    { type: "aws_gone", reason: "not served" },
    { type: "aws_topic", argument: "policy", reason: "not read" },
    { type: "aws_topic", argument: "protection", value: false, reason: "must be destroyable" },
  ],
  amnesia: [{ type: "aws_topic", argument: "color", reason: "forgotten" }],
};

const apply = (json: Record<string, unknown>) => withinEmulatorLimits(json, RULES);

function resource(json: Record<string, unknown>, type: string, name: string): Record<string, unknown> | undefined {
  return (json["resource"] as Record<string, Record<string, Record<string, unknown>>>)[type]?.[name];
}

describe("a type that the emulator does not serve", () => {
  it("is left out and recorded with the reason", () => {
    const json = apply({ resource: { aws_gone: { A: { x: 1 } }, aws_queue: { B: { y: 2 } } } });
    expect(json["resource"]).toEqual({ aws_queue: { B: { y: 2 } } });
    expect(leftOutOf(json)).toEqual([{ address: "aws_gone.A", reason: "not served" }]);
  });

  it("takes along what refers to it, at any distance and depth, data sources included", () => {
    const json = apply({
      resource: {
        aws_gone: { A: {} },
        aws_near: { B: { list: [{ deep: "arn:${aws_gone.A.arn}/x" }] } },
        aws_far: { C: { value: "${data.aws_doc.D.json}" } },
        aws_other: { E: { value: "${aws_gone2.A.arn}" } },
      },
      data: { aws_doc: { D: { source: "${aws_near.B.id}" }, F: { source: "constant" } } },
    });
    expect(json["resource"]).toEqual({ aws_other: { E: { value: "${aws_gone2.A.arn}" } } });
    expect(json["data"]).toEqual({ aws_doc: { F: { source: "constant" } } });
    expect(leftOutOf(json)).toEqual([
      { address: "aws_gone.A", reason: "not served" },
      { address: "aws_near.B", reason: "refers to aws_gone.A" },
      { address: "data.aws_doc.D", reason: "refers to aws_near.B" },
      { address: "aws_far.C", reason: "refers to data.aws_doc.D" },
    ]);
  });

  it("does not take along what is only ordered after it", () => {
    const json = apply({
      resource: { aws_gone: { A: {} }, aws_queue: { B: { depends_on: ["aws_gone.A", "aws_topic.C"] } } },
    });
    expect(resource(json, "aws_queue", "B")).toEqual({ depends_on: ["aws_topic.C"] });
  });

  it("is replaced in outputs, whose other values stay", () => {
    const json = apply({
      resource: { aws_gone: { A: {} } },
      output: { audit: { value: { arn: "${aws_gone.A.arn}", ids: ["${aws_queue.B.id}", "${aws_gone.A.id}"] } } },
    });
    expect(json["output"]).toEqual({
      audit: { value: { arn: LEFT_OUT_VALUE, ids: ["${aws_queue.B.id}", LEFT_OUT_VALUE] } },
    });
  });
});

describe("an argument that the emulator does not serve", () => {
  it("is dropped or replaced, and recorded", () => {
    const json = apply({ resource: { aws_topic: { T: { name: "t", policy: "{}", protection: true } } } });
    expect(resource(json, "aws_topic", "T")).toMatchObject({ name: "t", protection: false });
    expect(resource(json, "aws_topic", "T")).not.toHaveProperty("policy");
    expect(leftOutOf(json)).toEqual([
      { address: "aws_topic.T", argument: "policy", reason: "not read" },
      { address: "aws_topic.T", argument: "protection", reason: "must be destroyable" },
    ]);
  });

  it("is set where it was not declared when it has a value, and only then", () => {
    const json = apply({ resource: { aws_topic: { T: { name: "t" } } } });
    expect(resource(json, "aws_topic", "T")).toMatchObject({ name: "t", protection: false });
    expect(leftOutOf(json).map(({ argument }) => argument)).toEqual(["protection"]);
  });

  it("is not recorded where nothing differs, and leaves other types alone", () => {
    const declared = { aws_topic: { T: { protection: false } }, aws_queue: { Q: { policy: "{}" } } };
    const json = apply({ resource: declared });
    expect(resource(json, "aws_topic", "T")).toMatchObject({ protection: false });
    expect(resource(json, "aws_queue", "Q")).toEqual({ policy: "{}" });
    expect(leftOutOf(json)).toEqual([]);
  });

  it("cuts the reference that it held", () => {
    const json = apply({ resource: { aws_gone: { A: {} }, aws_topic: { T: { policy: "${aws_gone.A.json}" } } } });
    expect(resource(json, "aws_topic", "T")).toBeDefined();
  });
});

describe("an argument that the emulator forgets", () => {
  it("is ignored by later plans, beside what is ignored already", () => {
    const json = apply({ resource: { aws_topic: { T: { color: 1, lifecycle: { ignore_changes: ["size"] } } } } });
    expect(resource(json, "aws_topic", "T")).toMatchObject({
      color: 1,
      lifecycle: { ignore_changes: ["size", "color"] },
    });
  });

  it("changes nothing when all changes are ignored", () => {
    const json = apply({ resource: { aws_topic: { T: { lifecycle: { ignore_changes: "all" } } } } });
    expect(resource(json, "aws_topic", "T")).toMatchObject({ lifecycle: { ignore_changes: "all" } });
  });
});

it("lets nothing keep the sandbox from being destroyed", () => {
  const json = apply({
    resource: { aws_queue: { Q: { lifecycle: { prevent_destroy: true, ignore_changes: ["x"] } } } },
  });
  expect(resource(json, "aws_queue", "Q")).toEqual({ lifecycle: { prevent_destroy: false, ignore_changes: ["x"] } });
  expect(leftOutOf(json)).toEqual([
    {
      address: "aws_queue.Q",
      argument: "lifecycle.prevent_destroy",
      reason: "the sandbox must be able to destroy it",
    },
  ]);
});

it("changes neither its input nor anything else of the stack", () => {
  const json = {
    "//": { metadata: { version: "1" } },
    terraform: { backend: {} },
    resource: { aws_gone: { A: {} }, aws_topic: { T: { policy: "{}" } } },
  };
  const before = structuredClone(json);
  const result = apply(json);
  expect(json).toEqual(before);
  expect(result).toMatchObject({ "//": { metadata: { version: "1" } }, terraform: { backend: {} } });
});

it("copes with a stack without resources", () => {
  expect(apply({ terraform: {} })).toEqual({ terraform: {}, "//": { leftOut: [] } });
});

describe("the lists", () => {
  it("name each type, or type and argument, once, with a reason", () => {
    for (const list of [EMULATOR_LIMITS, EMULATOR_AMNESIA]) {
      const keys = list.map(({ type, argument }) => `${type}.${argument ?? "*"}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const { reason } of list) expect(reason.length).toBeGreaterThan(10);
    }
  });
});
