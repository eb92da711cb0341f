import { EVENT_CATEGORIES, EventNotifications } from "../../../constructs/db/event-notifications";
import { synth } from "../../support";
import { instanceIn, monitoringOf } from "./support";

const stack = synth((scope) => {
  const monitoring = monitoringOf(scope);
  new EventNotifications(scope, "Events", { monitoring, instances: [instanceIn(scope, monitoring)] });
});

describe("EventNotifications", () => {
  it.each([
    ["page", ["failover", "failure", "low storage", "deletion"]],
    ["ticket", ["availability", "maintenance", "recovery", "notification"]],
  ])("sends to the %s topic", (severity, categories) => {
    expect(stack.one("aws_db_event_subscription", { name: `opsdx-test-db-${severity}` }).body).toMatchObject({
      event_categories: categories,
      source_type: "db-instance",
      source_ids: [`\${${stack.one("aws_db_instance").address}.identifier}`],
      sns_topic: `\${${stack.one("aws_sns_topic", { name: `opsdx-test-${severity}` }).address}.arn}`,
    });
  });

  it("reports no category twice", () => {
    const all = Object.values(EVENT_CATEGORIES).flat();
    expect(new Set(all).size).toBe(all.length);
  });
});
