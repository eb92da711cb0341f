import { BudgetsBudget } from "@cdktf/provider-aws/lib/budgets-budget";
import { CeAnomalyMonitor } from "@cdktf/provider-aws/lib/ce-anomaly-monitor";
import { CeAnomalySubscription } from "@cdktf/provider-aws/lib/ce-anomaly-subscription";
import { Construct } from "../cdktf";
import type { Monitoring } from "../observability/monitoring";

/** Properties of {@link Spending}. */
export interface SpendingProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Monthly limit in US dollars. */
  readonly monthlyBudgetUsd: number;
  /** Notify when an anomaly's impact reaches this many US dollars. */
  readonly costAnomalyUsd: number;
}

/**
 * The account's spending: a monthly budget, and Cost Anomaly Detection by service. A sudden bill is also how stolen
 * credentials show themselves first.
 */
export class Spending extends Construct {
  public constructor(scope: Construct, id: string, props: SpendingProps) {
    super(scope, id);
    const { monitoring } = props;
    const ticket = monitoring.topics.ticket;
    new BudgetsBudget(this, "Budget", {
      name: `${monitoring.namePrefix}-monthly`,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: String(props.monthlyBudgetUsd),
      limitUnit: "USD",
      notification: [
        {
          notificationType: "ACTUAL",
          comparisonOperator: "GREATER_THAN",
          threshold: 80,
          thresholdType: "PERCENTAGE",
          subscriberSnsTopicArns: [ticket],
        },
        {
          notificationType: "FORECASTED",
          comparisonOperator: "GREATER_THAN",
          threshold: 100,
          thresholdType: "PERCENTAGE",
          subscriberSnsTopicArns: [ticket],
        },
      ],
    });
    const monitor = new CeAnomalyMonitor(this, "AnomalyMonitor", {
      name: `${monitoring.namePrefix}-services`,
      monitorType: "DIMENSIONAL",
      monitorDimension: "SERVICE",
    });
    new CeAnomalySubscription(this, "AnomalySubscription", {
      name: `${monitoring.namePrefix}-anomalies`,
      // SNS takes single anomalies only; summaries go by e-mail.
      frequency: "IMMEDIATE",
      monitorArnList: [monitor.arn],
      subscriber: [{ type: "SNS", address: ticket }],
      thresholdExpression: {
        dimension: {
          key: "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
          matchOptions: ["GREATER_THAN_OR_EQUAL"],
          values: [String(props.costAnomalyUsd)],
        },
      },
    });
  }
}
