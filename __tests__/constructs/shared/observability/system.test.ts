import { Construct } from "../../../../constructs/shared/cdktf";
import { describeSystem, systemFacts, systemOf } from "../../../../constructs/shared/observability/system";
import { synth } from "../../../support";
import { FACTS } from "./fixture";

const INNER = { ...FACTS, name: "valve", title: "Valve" };

describe("describeSystem", () => {
  it("declares a construct to be a system, for everything below it", () => {
    synth((scope) => {
      const system = new Construct(scope, "System");
      const leaf = new Construct(new Construct(system, "Part"), "Leaf");
      describeSystem(system, FACTS);
      expect(systemFacts(system)).toEqual(FACTS);
      expect(systemFacts(leaf)).toBeUndefined();
      expect(systemOf(leaf)).toEqual(FACTS);
      expect(systemOf(system)).toEqual(FACTS);
    });
  });

  it("lets the nearest system win", () => {
    synth((scope) => {
      const outer = new Construct(scope, "Outer");
      const inner = new Construct(outer, "Inner");
      describeSystem(outer, FACTS);
      describeSystem(inner, INNER);
      expect(systemOf(new Construct(inner, "Leaf")).name).toBe("valve");
      expect(systemOf(new Construct(outer, "Leaf")).name).toBe("pump");
    });
  });

  it("refuses a second description, of which the runbook would show one", () => {
    synth((scope) => {
      const system = new Construct(scope, "System");
      describeSystem(system, FACTS);
      expect(() => describeSystem(system, INNER)).toThrow(
        'test/System: must be described once, got "pump" and "valve"',
      );
    });
  });
});

describe("systemOf", () => {
  it("fails outside a system, and does not take a sibling's", () => {
    synth((scope) => {
      describeSystem(new Construct(scope, "System"), FACTS);
      expect(() => systemOf(new Construct(scope, "Stranger"))).toThrow(
        "test/Stranger: must stand inside a system, got no describeSystem() on any ancestor",
      );
    });
  });
});
