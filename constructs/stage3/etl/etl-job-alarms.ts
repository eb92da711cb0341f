import type { EtlConfig } from "../../../config/schema/etl";
import { Construct } from "../../shared/cdktf";
import type { MonitoringContext } from "../../shared/observability/monitoring";
import { placeholder } from "../../shared/observability/placeholders";
import { PrometheusAlarm, type PrometheusAlarmProps } from "../../shared/observability/prometheus-alarm";
import type { PrometheusRules, RuleCase } from "../../shared/prometheus/rules";
import { durationText, type etlCommands } from "./etl-facts";

/** Properties of {@link EtlJobAlarms}. */
export interface EtlJobAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The rules of its cluster's Prometheus. */
  readonly rules: PrometheusRules;
  /** The ETL. */
  readonly etl: string;
  /** Its settings. */
  readonly config: EtlConfig;
  /** Its commands. */
  readonly commands: ReturnType<typeof etlCommands>;
}

/** Seconds that a failed Job is told after its deadline: then it is history, which CloudWatch tells. */
const HISTORY_SECONDS = 3600;
/** Seconds after its deadline by which the controller manager has ended a Job. */
const GRACE_SECONDS = 120;

const JOB = "on (namespace, job_name)";

/**
 * Alarms on an ETL's Jobs as the cluster itself sees them, whoever launched them: the launcher's alarms know only what the launcher made, and
 * looked at.
 */
export class EtlJobAlarms extends Construct {
  public constructor(scope: Construct, id: string, props: EtlJobAlarmsProps) {
    super(scope, id);
    const { commands, config, etl } = props;
    const { deadlineSeconds } = config.job;
    const jobs = `kube_job_labels{label_etl="${etl}"}`;
    const job = `namespace="${config.namespace}",job_name="${etl}-1"`;
    const told = { namespace: config.namespace, job_name: `${etl}-1` };
    const labelled = { [`kube_job_labels{${job},label_etl="${etl}"}`]: "1x2000" };
    const minutes = Math.ceil((deadlineSeconds + HISTORY_SECONDS) / 60);
    this.alarm(props, "Failed", {
      name: "job-failed",
      intent: `A Job of ${etl} failed for good, whoever launched it: its slot was not loaded.`,
      severity: "ticket",
      steps: [
        ["Which one?", commands.jobs],
        ["Why? The end of its log:", commands.podLogs, commands.on(`describe job ${placeholder("name")}`)],
        ["Mended: run the slot again:", commands.launchSlot],
      ],
      expr: (seconds) => `max by (namespace, job_name) (kube_job_failed{condition="true"}) == 1
          and ${JOB} ${jobs}
          and ${JOB} time() - kube_job_created < ${seconds} + ${HISTORY_SECONDS}`,
      threshold: deadlineSeconds,
      thresholdSetting: `etls.${etl}.job.deadlineSeconds`,
      forMinutes: 1,
      cases: (): readonly RuleCase[] => [
        {
          name: "it fails, and is told until it is history",
          series: {
            ...labelled,
            [`kube_job_failed{${job},condition="true"}`]: "0x4 1x2000",
            [`kube_job_created{${job}}`]: "0x2000",
          },
          alerts: { 4: [], 8: [told], [minutes + 3]: [] },
        },
        {
          name: "a Job of somebody else fails",
          series: {
            'kube_job_failed{namespace="etl",job_name="other-1",condition="true"}': "1x20",
            'kube_job_created{namespace="etl",job_name="other-1"}': "0x20",
            'kube_job_labels{namespace="etl",job_name="other-1",label_etl="other"}': "1x20",
          },
          alerts: { 10: [] },
        },
      ],
    });
    this.alarm(props, "Overdue", {
      name: "job-overdue",
      intent: `A Job of ${etl} runs past its deadline of ${durationText(deadlineSeconds)}, at which the cluster should have ended it: the next slot is skipped as long as it does.`,
      severity: "ticket",
      steps: [
        ["Which one, and on which node?", commands.jobs, commands.pods],
        [
          "A pod that is being ended and doesn't go: its node is lost, as a rule.",
          commands.on(`describe pod ${placeholder("pod")}`),
        ],
        ["Stop it, and the next slot launches:", commands.stop],
        "Job or pod without a deadline: somebody made it by hand. Delete it, and launch as the page says.",
      ],
      expr: (seconds) => `max by (namespace, job_name) (
            (kube_job_status_active > 0) and time() - kube_job_status_start_time > ${seconds} + ${GRACE_SECONDS}
          ) and ${JOB} ${jobs}`,
      threshold: deadlineSeconds,
      thresholdSetting: `etls.${etl}.job.deadlineSeconds`,
      forMinutes: 1,
      cases: (seconds): readonly RuleCase[] => {
        const late = Math.ceil((seconds + GRACE_SECONDS) / 60);
        return [
          {
            name: "it goes on, and is stopped",
            series: {
              ...labelled,
              [`kube_job_status_active{${job}}`]: `1x${late + 10} 0x20`,
              [`kube_job_status_start_time{${job}}`]: `0x${late + 40}`,
            },
            alerts: { [late - 2]: [], [late + 5]: [told], [late + 15]: [] },
          },
        ];
      },
    });
  }

  private alarm(
    { etl, monitoring, rules }: EtlJobAlarmsProps,
    id: string,
    props: Omit<PrometheusAlarmProps, "monitoring" | "rules">,
  ): void {
    new PrometheusAlarm(this, id, { monitoring, rules, ...props, name: `${etl}-${props.name}`, kind: props.name });
  }
}
