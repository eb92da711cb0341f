import { DbEventSubscription } from "@cdktf/provider-aws/lib/db-event-subscription";
import { Construct } from "../../shared/cdktf";
import type { Monitoring, Severity } from "../../shared/observability/monitoring";
import type { PostgresInstance } from "./postgres-instance";

/** Properties of {@link EventNotifications}. */
export interface EventNotificationsProps {
  /** Carries the topics. */
  readonly monitoring: Monitoring;
  /** The program's own instances: the loss of another one, restored for a test or a drill, pages nobody. */
  readonly instances: readonly PostgresInstance[];
}

/**
 * RDS's own news of any instance, by urgency. `availability` is a ticket because every minor upgrade restarts the instance in
 * its window: one that stays away is paged by the alarms that take silence for a breach.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
 */
export const EVENT_CATEGORIES: Readonly<Record<Severity, readonly string[]>> = {
  page: ["failure", "low storage"],
  ticket: ["availability", "maintenance", "recovery", "notification"],
};

/** News that pages of the program's own instances only: AWS Backup's restore tests and drills delete what they restored. */
export const OWN_CATEGORIES: readonly string[] = ["failover", "deletion"];

/**
 * Sends RDS's events to the alarm topics: of every instance in the account, so that one restored beside the others is heard too, but what
 * is meant to end there only of the program's own.
 */
export class EventNotifications extends Construct {
  public constructor(scope: Construct, id: string, props: EventNotificationsProps) {
    super(scope, id);
    const { instances, monitoring } = props;
    const ofEvery = (subscriptionId: string, severity: Severity): void => {
      new DbEventSubscription(this, subscriptionId, {
        name: `${monitoring.namePrefix}-db-${severity}`,
        snsTopic: monitoring.topics[severity],
        sourceType: "db-instance",
        eventCategories: [...EVENT_CATEGORIES[severity]],
      });
    };
    ofEvery("Page", "page");
    ofEvery("Ticket", "ticket");
    new DbEventSubscription(this, "OwnPage", {
      name: `${monitoring.namePrefix}-db-own-page`,
      snsTopic: monitoring.topics.page,
      sourceType: "db-instance",
      sourceIds: instances.map(({ identifier }) => identifier),
      eventCategories: [...OWN_CATEGORIES],
      // AWS refuses the name of an instance that is not there (SourceNotFound):
      // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateEventSubscription.html
      dependsOn: instances.map(({ resource }) => resource),
    });
  }
}
