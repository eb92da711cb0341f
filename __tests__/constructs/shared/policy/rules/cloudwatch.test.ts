import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm";
import { CloudwatchLogGroup, type CloudwatchLogGroupConfig } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { cloudwatchRules } from "../../../../../constructs/shared/policy/rules/cloudwatch";
import { testRules, type Build } from "./support";

const alarm =
  (changes: Partial<CloudwatchMetricAlarmConfig> = {}): Build =>
  (stack) =>
    new CloudwatchMetricAlarm(stack, "Bad", {
      alarmName: "a",
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 1,
      alarmActions: ["arn"],
      okActions: ["arn"],
      alarmDescription: "It burns. Owner: me. Runbook: https://example.org/runbook.md#a",
      treatMissingData: "breaching",
      ...changes,
    });

const composite =
  (alarmDescription?: string): Build =>
  (stack) =>
    new CloudwatchCompositeAlarm(stack, "Bad", { alarmName: "a", alarmRule: "ALARM(b)", alarmDescription });

const logGroup =
  (changes: Partial<CloudwatchLogGroupConfig> = {}): Build =>
  (stack) =>
    new CloudwatchLogGroup(stack, "Bad", { name: "g", kmsKeyId: "arn", retentionInDays: 30, ...changes });

testRules(cloudwatchRules, {
  CloudWatchAlarmAction: {
    accepts: { "an alarm that notifies": alarm(), "a composite alarm, whose parts notify": composite() },
    refuses: {
      "no action": ["has no alarm_actions", alarm({ alarmActions: [] })],
      "no way back": ["has no ok_actions", alarm({ okActions: undefined })],
      neither: ["has no alarm_actions and no ok_actions", alarm({ alarmActions: undefined, okActions: undefined })],
      "actions switched off": ["has its actions switched off", alarm({ actionsEnabled: false })],
    },
  },
  AlarmRunbookAnchor: {
    accepts: { "an address with an anchor": alarm(), "a composite one": composite("Any. https://example.org/r#db") },
    refuses: {
      "no description": ["does not end its description with a runbook anchor", alarm({ alarmDescription: undefined })],
      "no anchor": [
        "does not end its description with a runbook anchor",
        alarm({ alarmDescription: "Runbook: https://example.org/runbook.md" }),
      ],
      "a composite one without": ["does not end its description with a runbook anchor", composite("Any alarm.")],
    },
  },
  AlarmMissingDataChosen: {
    accepts: { "a choice": alarm() },
    refuses: { "the default": ["leaves missing data to the default", alarm({ treatMissingData: undefined })] },
  },
  CloudWatchLogGroupEncrypted: {
    accepts: { "an encrypted group": logGroup() },
    refuses: { "no key": ["is not encrypted with a customer-managed key", logGroup({ kmsKeyId: undefined })] },
  },
  CloudWatchLogGroupRetentionPeriod: {
    accepts: { "the minimum": logGroup(), "a year": logGroup({ retentionInDays: 365 }) },
    refuses: {
      "no retention": ["keeps its events for ever", logGroup({ retentionInDays: undefined })],
      "retention 0": ["keeps its events for ever", logGroup({ retentionInDays: 0 })],
      "a week": ["keeps its events for 7 days only", logGroup({ retentionInDays: 7 })],
    },
  },
});
