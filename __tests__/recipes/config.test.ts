import fc from "fast-check";
import { ConfigError, findFaults, loadConfig } from "../../config/load";
import { faultKey, withNearest } from "../../config/nearest";
import { problemsAfter } from "../config/support";
import { anyEdits, edited, runs } from "./support";

describe("any edit of the configuration", () => {
  it("is accepted, or refused with problems that rules found: none of them throws", () => {
    fc.assert(
      fc.property(anyEdits(1, 3), ({ edits }) => {
        try {
          loadConfig(edited(edits));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect((error as ConfigError).cause).toBeUndefined();
        }
      }),
      runs(300),
    );
  });

  it("is refused with nearest values each of which, put in alone, removes its problem and adds none", () => {
    let offered = 0;
    fc.assert(
      fc.property(anyEdits(1, 2), ({ edits }) => {
        const input = edited(edits);
        const files: Record<string, unknown> = { global: input.global, ...input.environments };
        const faults = findFaults(input);
        for (const own of faults.filter(({ fault }) => fault.nearest !== undefined)) {
          const changed = withNearest(files[own.name], own.fault, own.fault.nearest);
          const { global, ...environments } = { ...files, [own.name]: changed?.value };
          const after = findFaults({ global, environments }).map(faultKey);
          expect(after).not.toContain(faultKey(own));
          expect(faults.map(faultKey)).toEqual(expect.arrayContaining(after));
          offered += 1;
        }
      }),
      runs(150),
    );
    expect(offered).toBeGreaterThan(30);
  });
});

describe("a nearest value", () => {
  const nearestAfter = (changes: Record<string, unknown>) =>
    problemsAfter(changes).map(({ path, nearest }) => [path, nearest]);

  it.each<[string, Record<string, unknown>, (readonly [string, string | undefined])[]]>([
    [
      "is no negative sum: a budget below zero",
      { "dev.audit.monthlyBudgetUsd": -3000 },
      [
        // 1 would be below the anomaly's sum.
        ["audit.monthlyBudgetUsd", undefined],
        // No sum is below a negative budget.
        ["audit.costAnomalyUsd", undefined],
      ],
    ],
    [
      "names the image, not its repository alone",
      { "dev.web.image": `trews-rest-apy@sha256:${"ab".repeat(32)}` },
      [["web.image", JSON.stringify(`trews-rest-api@sha256:${"ab".repeat(32)}`)]],
    ],
    [
      "is no deadline of nothing: a schedule of every minute",
      {
        "dev.etls.epic2op.schedule.expression": "cron(* * * * ? *)",
        "dev.etls.epic2op.retry.maxAgeSeconds": 60,
        "dev.etls.epic2op.job.deadlineSeconds": 60,
      },
      [
        ["etls.epic2op.job.deadlineSeconds", undefined],
        ["etls.epic2op.retry.maxAgeSeconds", undefined],
      ],
    ],
  ])("%s", (_, changes, expected) => {
    expect(nearestAfter(changes)).toEqual(expected);
  });

  it("hides nothing behind a name that every object has", () => {
    const problems = problemsAfter({ "dev.web.nodeGroup": "constructor", "dev.audit.trailLockYears": 0 });
    expect(problems.map(({ path, received }) => [path, received])).toEqual([
      ["audit.trailLockYears", "0"],
      ["web.nodeGroup", '"constructor"'],
      ["web.nodeGroup", '"constructor"'],
    ]);
  });
});
