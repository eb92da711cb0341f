import {
  EVENT_CATEGORIES,
  EventNotifications,
  OWN_CATEGORIES,
} from "../../../../constructs/stage1/db/event-notifications";
import { synth } from "../../../support";
import { instanceIn, monitoringOf } from "./support";

const stack = synth((scope) => {
  const monitoring = monitoringOf(scope);
  new EventNotifications(scope, "Events", { monitoring, instances: [instanceIn(scope, monitoring)] });
});
const topic = (severity: string): string =>
  `\${${stack.one("aws_sns_topic", { name: `opsdx-test-${severity}` }).address}.arn}`;

describe("EventNotifications", () => {
  it.each([
    ["page", ["failure", "low storage"]],
    ["ticket", ["availability", "maintenance", "recovery", "notification"]],
  ])("sends to the %s topic", (severity, categories) => {
    const { body } = stack.one("aws_db_event_subscription", { name: `opsdx-test-db-${severity}` });
    expect(body).toMatchObject({
      event_categories: categories,
      source_type: "db-instance",
      sns_topic: topic(severity),
    });
    // An instance that is restored beside the others is heard too.
    expect(body).not.toHaveProperty("source_ids");
  });

  it("pages for a failover or a deletion of the program's own instances, which stand before it", () => {
    expect(stack.one("aws_db_event_subscription", { name: "opsdx-test-db-own-page" }).body).toMatchObject({
      event_categories: ["failover", "deletion"],
      source_type: "db-instance",
      source_ids: ["opsdx-test-db"],
      sns_topic: topic("page"),
      depends_on: [stack.one("aws_db_instance").address],
    });
  });

  it("pages nobody when AWS Backup deletes what it restored for a test", () => {
    const ofTheAccount = stack
      .ofType("aws_db_event_subscription")
      .filter(({ body }) => body["source_ids"] === undefined);
    expect(ofTheAccount).toHaveLength(2);
    for (const { body } of ofTheAccount) {
      expect(body["event_categories"]).not.toContain("deletion");
      expect(body["event_categories"]).not.toContain("failover");
    }
  });

  it("reports no category twice", () => {
    const all = [...Object.values(EVENT_CATEGORIES).flat(), ...OWN_CATEGORIES];
    expect(new Set(all).size).toBe(all.length);
  });
});
