import { HIPAA } from "../citations";
import { isTrue, strings } from "../model";
import { resourceRule, type Rule } from "../rule";

/** The shortest retention any log group may have, in days: a month to look back on an incident. */
export const MINIMUM_RETENTION_DAYS = 30;

/** Rules on alarms and log groups. */
export const cloudwatchRules: readonly Rule[] = [
  resourceRule({
    id: "CloudWatchAlarmAction",
    citation: HIPAA.audit,
    fix: "make the alarm with Alarm, which notifies the topic of its severity",
    types: ["aws_cloudwatch_metric_alarm"],
    problem: ({ body }) => {
      if (!isTrue(body["actions_enabled"] ?? true)) return "has its actions switched off";
      const missing = ["alarm_actions", "ok_actions"].filter((actions) => strings(body[actions]).length === 0);
      return missing.length === 0 ? undefined : `has no ${missing.join(" and no ")}`;
    },
  }),
  resourceRule({
    id: "AlarmRunbookAnchor",
    citation: "docs/runbook/README.md",
    fix: "make the alarm with Alarm, whose description ends in the address of its runbook entry",
    types: ["aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm"],
    problem: ({ body }) =>
      /https?:\/\/\S+#[a-z0-9][a-z0-9-]*$/.test(String(body["alarm_description"]))
        ? undefined
        : "does not end its description with a runbook anchor",
  }),
  resourceRule({
    id: "AlarmMissingDataChosen",
    citation: "docs/runbook/README.md",
    fix: "say in treat_missing_data what a period without data means",
    types: ["aws_cloudwatch_metric_alarm"],
    problem: ({ body }) =>
      body["treat_missing_data"] === undefined ? "leaves missing data to the default" : undefined,
  }),
  resourceRule({
    id: "CloudWatchLogGroupEncrypted",
    citation: HIPAA.encryptionAtRest,
    fix: "make the log group with LogGroup, which encrypts with the stack's log key",
    types: ["aws_cloudwatch_log_group"],
    problem: ({ body }) =>
      body["kms_key_id"] === undefined ? "is not encrypted with a customer-managed key" : undefined,
  }),
  resourceRule({
    id: "CloudWatchLogGroupRetentionPeriod",
    citation: HIPAA.audit,
    fix: `keep events ${MINIMUM_RETENTION_DAYS} days or more, and not for ever`,
    types: ["aws_cloudwatch_log_group"],
    problem: ({ body }) => {
      const days = Number(body["retention_in_days"] ?? 0);
      if (days === 0) return "keeps its events for ever";
      return days < MINIMUM_RETENTION_DAYS ? `keeps its events for ${days} days only` : undefined;
    },
  }),
];
