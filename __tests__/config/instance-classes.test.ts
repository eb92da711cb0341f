import * as fc from "fast-check";
import { INSTANCE_CLASSES, instanceClass, maxConnections, memoryBytes } from "../../config/instance-classes";

const anyClass = fc.constantFrom(...INSTANCE_CLASSES.values());

describe("instance classes", () => {
  it.each([
    ["db.m7g.large", 2, 8, false, true],
    ["db.m7g.4xlarge", 16, 64, false, true],
    ["db.m7g.8xlarge", 32, 128, false, false],
    ["db.m6g.4xlarge", 16, 64, false, false],
    ["db.r7g.xlarge", 4, 32, false, true],
    ["db.r6g.2xlarge", 8, 64, false, true],
    ["db.r8g.16xlarge", 64, 512, false, false],
    ["db.t4g.micro", 2, 1, true, true],
    ["db.t3.2xlarge", 8, 32, true, true],
  ])("knows %s", (name, vcpus, memoryGib, burstableCpu, burstableStorage) => {
    expect(instanceClass(name)).toEqual({ name, vcpus, memoryGib, burstableCpu, burstableStorage });
  });

  it("refuses a class it does not know", () => {
    expect(() => instanceClass("db.m7g.gigantic")).toThrow(
      'instance class must be listed in instance-classes.ts, got "db.m7g.gigantic"',
    );
  });

  it.each([
    ["db.t4g.micro", 112],
    ["db.m7g.large", 901],
    ["db.r7g.xlarge", 3604],
    ["db.r7g.2xlarge", 5000],
  ])("allows %s the connections of RDS's formula", (name, connections) => {
    expect(maxConnections(instanceClass(name))).toBe(connections);
  });

  it("never allows more than 5000 connections, nor none", () => {
    fc.assert(
      fc.property(anyClass, (shape) => {
        const connections = maxConnections(shape);
        expect(connections).toBeGreaterThan(0);
        expect(connections).toBeLessThanOrEqual(5000);
        expect(connections * 9531392).toBeLessThanOrEqual(memoryBytes(shape));
      }),
    );
  });

  it("gives CPU credits to the T families alone", () => {
    fc.assert(fc.property(anyClass, ({ name, burstableCpu }) => burstableCpu === name.startsWith("db.t")));
  });
});
