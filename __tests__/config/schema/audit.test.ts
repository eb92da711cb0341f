import { auditSchema } from "../../../config/schema/audit";

const valid = {
  monthlyBudgetUsd: 3000,
  costAnomalyUsd: 100,
  trailLockMode: "compliance",
  trailLockYears: 7,
  findingSeverity: 4,
  securityHubSeverities: ["CRITICAL", "HIGH"],
};

describe("auditSchema", () => {
  it("takes settings with and without a second copy of the trail", () => {
    expect(auditSchema.parse(valid)).toEqual(valid);
    expect(auditSchema.parse({ ...valid, replicaRegion: "us-west-2" }).replicaRegion).toBe("us-west-2");
  });

  it.each([
    ["trailLockMode", "strict"],
    ["trailLockYears", 0],
    ["trailLockYears", 1.5],
    ["findingSeverity", 0],
    ["findingSeverity", 7],
    ["replicaRegion", "oregon"],
    ["monthlyBudgetUsd", 0],
    ["securityHubSeverities", []],
    ["securityHubSeverities", ["HIGH", "HIGH"]],
  ])("refuses %s = %p and names it", (key, value) => {
    const result = auditSchema.safeParse({ ...valid, [key]: value });
    expect(result.error?.issues.map(({ path }) => path.join("."))).toEqual([key]);
  });
});
