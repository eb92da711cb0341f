import { DbEventSubscription } from "@cdktf/provider-aws/lib/db-event-subscription";
import { Construct } from "../../shared/cdktf";
import type { Monitoring, Severity } from "../../shared/observability/monitoring";

/** Properties of {@link EventNotifications}. */
export interface EventNotificationsProps {
  /** Carries the topics. */
  readonly monitoring: Monitoring;
}

/**
 * RDS's own news of an instance, by urgency. `availability` is a ticket because every minor upgrade restarts the instance in
 * its window: one that stays away is paged by the alarms that take silence for a breach.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
 */
export const EVENT_CATEGORIES: Readonly<Record<Severity, readonly string[]>> = {
  page: ["failover", "failure", "low storage", "deletion"],
  ticket: ["availability", "maintenance", "recovery", "notification"],
};

/** Sends RDS's events to the alarm topics: of every instance in the account, so that one restored beside the others is heard too. */
export class EventNotifications extends Construct {
  public constructor(scope: Construct, id: string, props: EventNotificationsProps) {
    super(scope, id);
    const { monitoring } = props;
    const subscribe = (subscriptionId: string, severity: Severity): void => {
      new DbEventSubscription(this, subscriptionId, {
        name: `${monitoring.namePrefix}-db-${severity}`,
        snsTopic: monitoring.topics[severity],
        sourceType: "db-instance",
        eventCategories: [...EVENT_CATEGORIES[severity]],
      });
    };
    subscribe("Page", "page");
    subscribe("Ticket", "ticket");
  }
}
