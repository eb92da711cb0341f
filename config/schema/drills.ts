import { z } from "zod";
import { dnsLabel } from "./kubernetes-names";
import { owner, sentences } from "./primitives";
import { rule, type Rule } from "./rule";
import { timeOfDay, timeZone } from "./time";

/** Fire drills: what is broken on purpose, and what must come of it. The drills themselves stand in constructs/stage3/drills. */
export const drillsSchema = z.strictObject({
  /** Who answers for them. */
  owner,
  /** Whether a person must arm the environment, for an hour and with a reason, before a drill may run. */
  arming: z.enum(["none", "person"]),
  /** When pods may be killed: working days, local time. @default - whenever the load window lets it */
  hours: z.strictObject({ start: timeOfDay, end: timeOfDay, timeZone }).optional(),
  /** Drills that never run here, by name, each with why. @default - none */
  withheld: z.record(dnsLabel, sentences).default({}),
});

/** Hours that end before they start would let a drill run at night. */
const hoursAreADay = rule(
  z.object({ drills: z.object({ hours: z.object({ start: timeOfDay, end: timeOfDay }) }) }),
  function* ({
    drills: {
      hours: { end, start },
    },
  }) {
    if (start < end) return;
    yield {
      path: ["drills", "hours", "end"],
      rule: `must be after start, ${start}: drills run by day, when people are there`,
      received: end,
    };
  },
);

/** Rules between the settings of drills. */
export const drillsRules: readonly Rule[] = [hoursAreADay];

/** Validated settings of fire drills. */
export type DrillsConfig = z.output<typeof drillsSchema>;
