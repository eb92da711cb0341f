import { judge, NO_APPROVAL } from "../../../../tools/plan/guard/judge";
import { changeOf, found, planned } from "../plans";

const DB = "aws_db_instance.Db";
const destroyed = (...stacks: readonly string[]) =>
  found(stacks.map((stack) => planned(stack, [changeOf(DB, ["delete"], { before: {} })])));
const ALLOWANCE = { stack: "dev-stage1", address: DB, reason: "it is restored as another" };

describe("the guard's verdict", () => {
  it("passes where nothing is stateful", () => {
    expect(judge([], NO_APPROVAL)).toEqual({ outcome: "passes", judged: [], problems: [] });
  });

  it("blocks what nobody allows, and says the line that would", () => {
    expect(judge(destroyed("dev-stage1"), NO_APPROVAL)).toMatchObject({
      outcome: "blocked",
      judged: [{ state: "blocked", line: `allow-destroy: dev-stage1:${DB} <reason>` }],
    });
  });

  it("passes what is allowed and approved, by whom and why", () => {
    const verdict = judge(destroyed("dev-stage1"), { allowances: [ALLOWANCE], approvedBy: "grace", refusals: [] });
    expect(verdict).toMatchObject({
      outcome: "passes",
      judged: [{ state: "allowed", by: "grace", reason: "it is restored as another" }],
    });
  });

  it("blocks what is allowed and not approved", () => {
    const verdict = judge(destroyed("dev-stage1"), { allowances: [ALLOWANCE], refusals: [] });
    expect(verdict).toMatchObject({
      outcome: "blocked",
      judged: [{ missing: expect.stringMatching(/label/) as string }],
    });
  });

  it.each([
    ["another stack", { ...ALLOWANCE, stack: "prod-stage1" }, /prod-stage1:aws_db_instance\.Db allows nothing/],
    ["another address", { ...ALLOWANCE, address: `${DB}2` }, /Db2 allows nothing/],
    ["the beginning of an address", { ...ALLOWANCE, address: "aws_db_instance" }, /allows nothing/],
    ["no reason", { ...ALLOWANCE, reason: " " }, /must say why/],
  ])("fails over an allowance for %s", (_, allowance, problem) => {
    const verdict = judge(destroyed("dev-stage1"), { allowances: [allowance], approvedBy: "grace", refusals: [] });
    expect(verdict).toMatchObject({ outcome: "blocked", judged: [{ state: "blocked" }] });
    expect(verdict.problems.join("\n")).toMatch(problem);
  });

  it("fails over an allowance that allows nothing, even where nothing is stateful", () => {
    const verdict = judge([], { allowances: [ALLOWANCE], approvedBy: "grace", refusals: [] });
    expect(verdict).toMatchObject({ outcome: "blocked", judged: [] });
  });

  it("asks for the stack where two have the address", () => {
    const { address, reason } = ALLOWANCE;
    const approval = { allowances: [{ address, reason }], approvedBy: "grace", refusals: [] };
    expect(judge(destroyed("dev-stage1"), approval).outcome).toBe("passes");
    const verdict = judge(destroyed("dev-stage1", "dev-stage2"), approval);
    expect(verdict.judged.map(({ state }) => state)).toEqual(["blocked", "blocked"]);
    expect(verdict.problems).toEqual([expect.stringMatching(/must name the stack/)]);
  });

  it("fails over a label without an allowance, and over whatever was refused", () => {
    expect(judge([], { allowances: [], approvedBy: "grace", refusals: [] }).problems).toEqual([
      expect.stringMatching(/grace set the label/),
    ]);
    expect(judge([], { allowances: [], refusals: ["no."] })).toMatchObject({ outcome: "blocked", problems: ["no."] });
  });

  it("lets go of what is free, and counts an allowance of it as one", () => {
    const group = changeOf("aws_autoscaling_group.Nodes", ["delete"], { before: { name: "etl.k8s" } });
    const findings = found([planned("dev-stage2", [group])]);
    expect(judge(findings, NO_APPROVAL)).toMatchObject({ outcome: "passes", judged: [{ state: "free" }] });
    const allowances = [{ stack: "dev-stage2", address: "aws_autoscaling_group.Nodes", reason: "no longer needed" }];
    expect(judge(findings, { allowances, approvedBy: "grace", refusals: [] }).outcome).toBe("passes");
  });
});
