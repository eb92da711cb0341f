import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { groundStack } from "../../../config/names";
import { Construct } from "../cdktf";
import { Alarm } from "../observability/alarm";
import { aws, cdktf, output, shell } from "../observability/command";
import type { Monitoring, Severity } from "../observability/monitoring";
import { undeliveredEvents } from "../observability/undelivered-events";
import { refuse } from "../props-error";

/** Properties of {@link FindingNotification}. */
export interface FindingNotificationProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Name after the environment's prefix, for example `guardduty-high`. */
  readonly name: string;
  /** What the rule lets through. */
  readonly description: string;
  /** EventBridge event pattern. */
  readonly pattern: Readonly<Record<string, unknown>>;
  /** Whom it reaches. */
  readonly severity: Severity;
  /** Values taken from the event, by name: JSON paths such as `$.detail.title`. */
  readonly values: Readonly<Record<string, string>>;
  /** The message, line by line; `<name>` stands for a value. */
  readonly message: readonly string[];
}

/**
 * Sends the findings of an AWS security service to people: an EventBridge rule whose target is the topic of a severity, with
 * the event turned into a few readable lines, and an alarm for the case that the message cannot be delivered.
 */
export class FindingNotification extends Construct {
  /** Fires when a finding could not be delivered. */
  public readonly alarm: Alarm;

  /** @throws PropsError when the message uses a value that is not taken from the event */
  public constructor(scope: Construct, id: string, props: FindingNotificationProps) {
    super(scope, id);
    const { monitoring } = props;
    const unknown = [...props.message.join("\n").matchAll(/<([\w-]+)>/g)]
      .map(([, name = ""]) => name)
      .filter((name) => !(name in props.values));
    refuse(this, [unknown.length > 0 && `message must use only names in values, got ${unknown.join(", ")}`]);
    const ruleName = `${monitoring.namePrefix}-${props.name}`;
    const rule = new CloudwatchEventRule(this, "Resource", {
      name: ruleName,
      description: props.description,
      eventPattern: JSON.stringify(props.pattern),
    });
    const topicArn = monitoring.topics[props.severity];
    new CloudwatchEventTarget(this, "Target", {
      rule: rule.name,
      targetId: `${props.severity}-topic`,
      arn: topicArn,
      inputTransformer: {
        inputPaths: props.values,
        // A text template is a sequence of JSON strings, one a line.
        inputTemplate: props.message.map((line) => JSON.stringify(line)).join("\n"),
      },
    });
    this.alarm = new Alarm(this, "Undelivered", {
      monitoring,
      name: `${props.name}-undelivered`,
      kind: "finding-undelivered",
      of: { source: props.name },
      intent: `A finding matched the rule ${ruleName} and reached nobody.`,
      severity: "ticket",
      steps: [
        [
          "Read the finding itself where it was made. What the rule lets through:",
          aws(`events describe-rule --name ${ruleName} --query '[Description,EventPattern]'`),
        ],
        [
          `See the target, which must be the topic \`${monitoring.namePrefix}-page\` or \`${monitoring.namePrefix}-ticket\`:`,
          shell(
            `TOPIC=${output(aws(`events list-targets-by-rule --rule ${ruleName} --query 'Targets[0].Arn' --output text`))}; echo "$TOPIC"`,
          ),
        ],
        ["Try the topic; it must arrive:", aws('sns publish --topic-arn "$TOPIC" --subject test --message test')],
        [
          "It does not: the topic's policy or its key no longer admits events.amazonaws.com. This restores both:",
          cdktf("deploy", groundStack(monitoring.environment)),
        ],
      ],
      ...undeliveredEvents(ruleName),
    });
  }
}
