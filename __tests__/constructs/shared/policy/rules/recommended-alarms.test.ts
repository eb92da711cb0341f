import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Construct, Testing } from "../../../../../constructs/shared/cdktf";
import { acknowledge } from "../../../../../constructs/shared/policy/acknowledge";
import { StackModel } from "../../../../../constructs/shared/policy/model";
import { findings, staleAcknowledgements } from "../../../../../constructs/shared/policy/policy";
import { recommendedAlarmRules } from "../../../../../constructs/shared/policy/rules/recommended-alarms";
import { BaseStack } from "../../../../../stacks/base-stack";
import { synthesize } from "../../../../../stacks/program";
import { synth, TEST_ACCOUNT } from "../../../../support";

const REASON = "accepted here because this is only a test";
const OF_A_QUEUE = [
  "RecommendedAlarm[AWS/SQS ApproximateAgeOfOldestMessage]",
  "RecommendedAlarm[AWS/SQS ApproximateNumberOfMessagesNotVisible]",
  "RecommendedAlarm[AWS/SQS ApproximateNumberOfMessagesVisible]",
  "RecommendedAlarm[AWS/SQS NumberOfMessagesSent]",
];
const [SENT = ""] = OF_A_QUEUE.slice(-1);

/** Rule and reason of every finding of the recommended alarms. */
function found(build: (stack: BaseStack) => void): [string, string | undefined][] {
  return synth(build)
    .findings()
    .filter(({ rule }) => rule.startsWith("RecommendedAlarm"))
    .map(({ rule, acknowledged }): [string, string | undefined] => [rule, acknowledged])
    .sort();
}

function stackIn(app: ReturnType<typeof Testing.app>, id: string): BaseStack {
  const deployment = { kind: "cloud", stateBucket: "state", stateAccount: TEST_ACCOUNT } as const;
  return new BaseStack(app, id, { owner: "test", account: TEST_ACCOUNT, deployment });
}

const alarmOn = (scope: Construct, metricName: string, queueName: string) =>
  new CloudwatchMetricAlarm(scope, `On${metricName}`, {
    alarmName: "alarm",
    namespace: "AWS/SQS",
    metricName,
    dimensions: { QueueName: queueName },
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    threshold: 1,
    evaluationPeriods: 1,
    period: 60,
    statistic: "Maximum",
  });

describe("RecommendedAlarm", () => {
  it("finds each alarm that a resource lacks, by itself", () => {
    expect(found((stack) => new SqsQueue(stack, "Queue", { name: "q" }))).toEqual(
      OF_A_QUEUE.map((rule) => [rule, undefined]),
    );
  });

  it("is content with an alarm that any construct of the stack makes", () => {
    const missing = found((stack) => {
      new SqsQueue(stack, "Queue", { name: "q" });
      alarmOn(new Construct(stack, "Elsewhere"), "ApproximateNumberOfMessagesVisible", "q");
    });
    expect(missing.map(([rule]) => rule)).toEqual(OF_A_QUEUE.filter((rule) => !rule.includes("MessagesVisible")));
  });

  it("is not content with an alarm of another stack, which may not be deployed", () => {
    const app = Testing.app();
    const [here, there] = [stackIn(app, "here"), stackIn(app, "there")];
    new SqsQueue(here, "Queue", { name: "q" });
    alarmOn(there, "ApproximateNumberOfMessagesVisible", "q");
    const model = new StackModel("here", here.declaredTerraform());
    expect(
      findings(here, model, recommendedAlarmRules)
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(OF_A_QUEUE);
  });

  it("is acknowledged alarm by alarm: the others stay open", () => {
    const open = found((stack) => acknowledge(new SqsQueue(stack, "Queue", { name: "q" }), SENT, REASON));
    expect(open).toEqual(OF_A_QUEUE.map((rule) => [rule, rule === SENT ? REASON : undefined]));
  });

  it("cannot be acknowledged as a whole, nor for an alarm that AWS doesn't recommend", () => {
    expect(() => synth((stack) => acknowledge(stack, "RecommendedAlarm", REASON))).toThrow(
      /^test: acknowledge\(RecommendedAlarm\) needs one of the rule's findings, RecommendedAlarm\[…\], got "RecommendedAlarm"; the nearest is "RecommendedAlarm\[[^\]]+\]"$/,
    );
    expect(() => synth((stack) => acknowledge(stack, "RecommendedAlarm[AWS/SQS NumberOfMesagesSent]", REASON))).toThrow(
      'got "RecommendedAlarm[AWS/SQS NumberOfMesagesSent]"; the nearest is "RecommendedAlarm[AWS/SQS NumberOfMessagesSent]"',
    );
  });

  it("shows an acknowledgement that accepts nothing, because the alarm is there", () => {
    const stack = stackIn(Testing.app(), "one");
    const queue = new SqsQueue(stack, "Queue", { name: "q" });
    alarmOn(stack, "ApproximateNumberOfMessagesVisible", "q");
    const covered = "RecommendedAlarm[AWS/SQS ApproximateNumberOfMessagesVisible]";
    acknowledge(queue, covered, REASON);
    acknowledge(queue, SENT, REASON);
    const model = new StackModel("one", stack.declaredTerraform());
    expect(staleAcknowledgements(stack, findings(stack, model))).toEqual([
      { rule: covered, reason: REASON, path: "one/Queue" },
    ]);
  });

  it("stops synth with path, rule, AWS's numbers and the fix", () => {
    const app = Testing.app();
    const stack = stackIn(app, "one");
    const queue = new SqsQueue(new Construct(stack, "Mail"), "Queue", { name: "q" });
    for (const rule of OF_A_QUEUE.filter((id) => id !== SENT)) acknowledge(queue, rule, REASON);
    expect(() => synthesize({ app, stacks: [stack] })).toThrow(
      "  one/Mail/Queue: RecommendedAlarm[AWS/SQS NumberOfMessagesSent] (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html): " +
        "aws_sqs_queue.Mail_Queue_4596C1A6 has no alarm on NumberOfMessagesSent (AWS's: Sum LessThanOrEqualToThreshold 0, 15 of 15 × 60 s); " +
        "fix: make an Alarm in the same stack that watches this metric of this resource in that direction",
    );
  });
});
