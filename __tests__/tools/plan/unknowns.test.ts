import { anyMarked, markedAt, stepsOf, valueAt } from "../../../tools/plan/unknowns";

describe("marks of what is unknown", () => {
  const marks = { core: { vpcId: true, subnetIds: { "us-east-1a": [false, true] } }, zone: false };

  it.each([
    [["core"], true],
    [["core", "vpcId"], true],
    [["core", "vpcId", "below"], true],
    [["core", "subnetIds", "us-east-1a", 0], false],
    [["core", "subnetIds", "us-east-1a", 1], true],
    [["zone"], false],
    [["nowhere", "at", "all"], false],
  ])("at %j: %s", (path, marked) => expect(markedAt(marks, path)).toBe(marked));

  it("are found however deep", () => {
    expect(anyMarked(marks)).toBe(true);
    expect(anyMarked({ a: [{ b: false }], c: undefined })).toBe(false);
  });

  it("are looked up by the reference as Terraform writes it", () => {
    const path = stepsOf('.core.subnetIds["us-east-1a"][0]');
    expect(path).toEqual(["core", "subnetIds", "us-east-1a", 0]);
    expect(valueAt({ core: { subnetIds: { "us-east-1a": ["subnet-1"] } } }, path)).toBe("subnet-1");
    expect(valueAt({ core: "text" }, path)).toBeUndefined();
  });
});
