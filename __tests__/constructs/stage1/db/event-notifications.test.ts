import { EVENT_CATEGORIES, EventNotifications } from "../../../../constructs/stage1/db/event-notifications";
import { synth } from "../../../support";
import { monitoringOf } from "./support";

const stack = synth((scope) => {
  new EventNotifications(scope, "Events", { monitoring: monitoringOf(scope) });
});

describe("EventNotifications", () => {
  it.each([
    ["page", ["failover", "failure", "low storage", "deletion"]],
    ["ticket", ["availability", "maintenance", "recovery", "notification"]],
  ])("sends to the %s topic", (severity, categories) => {
    const { body } = stack.one("aws_db_event_subscription", { name: `opsdx-test-db-${severity}` });
    expect(body).toMatchObject({
      event_categories: categories,
      source_type: "db-instance",
      sns_topic: `\${${stack.one("aws_sns_topic", { name: `opsdx-test-${severity}` }).address}.arn}`,
    });
    // An instance that is restored beside the others is heard too.
    expect(body).not.toHaveProperty("source_ids");
  });

  it("reports no category twice", () => {
    const all = Object.values(EVENT_CATEGORIES).flat();
    expect(new Set(all).size).toBe(all.length);
  });
});
