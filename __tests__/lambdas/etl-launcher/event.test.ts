import fc from "fast-check";
import { scheduledEvent } from "../../../constructs/stage3/etl/etl-schedule";
import { checkEvent } from "../../../lambdas/etl-launcher/event";
import { LaunchFailure } from "../../../lambdas/etl-launcher/failure";

const GOOD = { etl: "epic2op", scheduledTime: "2026-03-08T14:15:00Z" };

function refusal(event: unknown): LaunchFailure {
  try {
    checkEvent(event);
  } catch (error) {
    if (error instanceof LaunchFailure) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(event)}`);
}

describe("checkEvent", () => {
  it("takes the smallest event", () => {
    expect(checkEvent(GOOD)).toEqual(GOOD);
  });

  it("takes the scheduler's template as the schedule writes it, with a counter in quotes", () => {
    const filled = scheduledEvent("epic2op")
      .replace("<aws.scheduler.scheduled-time>", "2026-03-08T14:15:00Z")
      .replace("<aws.scheduler.execution-id>", "d32c5kddcf5bb8c3")
      .replace("<aws.scheduler.attempt-number>", "2");
    expect(checkEvent(JSON.parse(filled))).toEqual({ ...GOOD, executionId: "d32c5kddcf5bb8c3", attempt: 2 });
  });

  it("takes a backfill with a range and variables", () => {
    const backfill = { ...GOOD, from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z", env: { DRY_RUN: "1" } };
    expect(checkEvent(backfill)).toEqual(backfill);
  });

  it("names every problem at once, each with its place", () => {
    const { reason, retryable, message } = refusal({
      etl: "Epic2Op",
      scheduledTime: "<aws.scheduler.scheduled-time>",
      attempt: "first",
      env: { lower: "x" },
      fron: "2026-01-01T00:00:00Z",
    });
    expect({ reason, retryable }).toEqual({ reason: "InvalidEvent", retryable: false });
    expect(message.split("; ")).toEqual([
      "etl: must be lower-case letters, digits and inner hyphens",
      "scheduledTime: must be a moment in UTC, for example 2026-03-08T14:15:00Z",
      "attempt: must be a whole number",
      "env.lower: must be an upper-case variable name",
      "fron: not part of an event",
    ]);
  });

  it.each([
    ["a local time", { ...GOOD, scheduledTime: "2026-03-08T14:15:00-05:00" }, "scheduledTime: must be a moment in UTC"],
    ["a day that does not exist", { ...GOOD, scheduledTime: "2026-02-30T00:00:00Z" }, "scheduledTime: must be"],
    ["half a range", { ...GOOD, from: "2026-01-01T00:00:00Z" }, "to: from and to come together"],
    [
      "a reversed range",
      { ...GOOD, from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z" },
      "to: must be after from",
    ],
    ["an empty range", { ...GOOD, from: "2026-02-01T00:00:00Z", to: "2026-02-01T00:00:00Z" }, "to: must be after from"],
    ["a path as name", { ...GOOD, etl: "../../secrets" }, "etl: must be"],
    ["a name that ends in a hyphen", { ...GOOD, etl: "epic2op-" }, "etl: must be"],
    ["a fraction as attempt", { ...GOOD, attempt: 1.5 }, "attempt: must be a whole number"],
    ["the launcher's own variable", { ...GOOD, env: { ETL_SLOT: "x" } }, "use from and to"],
    ["no event", undefined, "event: must be of type object"],
    ["a list", [GOOD], "event: must be of type object"],
    ["no moment", { etl: "epic2op" }, "scheduledTime: must be"],
  ])("refuses %s", (_, event, message) => {
    expect(refusal(event).message).toContain(message);
  });

  it("accepts or refuses anything, and repeats no value of it", () => {
    const secret = "patient-4711";
    fc.assert(
      fc.property(
        fc.record(
          {
            etl: fc.anything(),
            scheduledTime: fc.constantFrom(secret, `${secret}T`, 3, null),
            executionId: fc.constantFrom(`${secret} x`, {}, 1),
            attempt: fc.constantFrom(secret, -1, [secret]),
            from: fc.constant(secret),
            env: fc.constantFrom({ A: [secret] }, secret, { A: 1 }),
          },
          { requiredKeys: ["scheduledTime"] },
        ),
        (event) => {
          expect(refusal(event).message).not.toContain(secret);
        },
      ),
    );
  });
});
