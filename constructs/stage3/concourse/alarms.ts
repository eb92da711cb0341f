import type { ConcourseConfig } from "../../../config/schema/concourse";
import type { Construct } from "../../shared/cdktf";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import { PrometheusAlarm } from "../../shared/observability/prometheus-alarm";
import type { PrometheusRules } from "../../shared/prometheus/rules";
import type { ConcourseCommands } from "./commands";
import { CONCOURSE, RENEW_LOGIN, WEB } from "./names";
import { RENEW_HOURS } from "./registry-login";

/** What the alarms are made from. */
export interface ConcourseAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: MonitoringContext;
  /** The rules of the cluster's Prometheus. */
  readonly rules: PrometheusRules;
  /** Settings. */
  readonly config: ConcourseConfig;
  /** Commands that help. */
  readonly commands: ConcourseCommands;
}

/** Series of the servers: the pods' labels tell one from the other. */
const server = (metric: string, pod: string, labels = ""): string =>
  `${metric}{namespace="${CONCOURSE}", pod="${WEB}-${pod}"${labels}}`;

/** Series of the CronJob that renews the login. */
const renewal = (metric: string): string =>
  `kube_cronjob_${metric}{namespace="${CONCOURSE}", cronjob="${RENEW_LOGIN}"}`;

/**
 * What the servers' own numbers tell: builds have nowhere to run, wait, or fail, nobody answers, and the login to the registry is not renewed.
 * @see https://github.com/concourse/concourse/blob/v8.1.1/atc/metric/emitter/prometheus.go
 */
export function concourseAlarms(scope: Construct, { commands, config, monitoring, rules }: ConcourseAlarmsProps): void {
  const shared = { monitoring, rules, severity: "ticket" } as const;
  new PrometheusAlarm(scope, "WorkersLow", {
    ...shared,
    name: "concourse-workers-low",
    intent: "Fewer workers than there should be take builds: they wait longer, and with none they wait for ever.",
    steps: [
      ["Which are there, and where?", commands.workers("get pods -o wide"), commands.fly("workers")],
      [
        "A pod that waits has no node, or its former one still lets builds end, which may take as long as a build may:",
        commands.workers("describe pods"),
        commands.nodes,
      ],
      ["A pod runs and is no worker: it does not reach the servers, or they do not know its key.", commands.workerLogs],
      ["One is stalled: its node is gone, and nobody told the servers.", commands.fly("prune-worker --all-stalled")],
    ],
    // Only the server that counted last has the present number, and the others keep theirs: within a minute or two each has counted.
    expr: (workers) => `min(concourse_workers_registered{namespace="${CONCOURSE}", state="running"}) < ${workers}`,
    threshold: config.workers.replicas,
    largerIsWeaker: false,
    thresholdSetting: "concourse.workers.replicas",
    forMinutes: 15,
    cases: (workers) => [
      {
        name: "a worker goes, and comes back",
        series: {
          [server("concourse_workers_registered", "a", ', state="running"')]:
            `${workers}x5 ${workers - 1}x30 ${workers}x20`,
          [server("concourse_workers_registered", "b", ', state="running"')]: `${workers}x55`,
        },
        alerts: { 4: [], 15: [], 30: [{}], 45: [] },
      },
    ],
  });
  new PrometheusAlarm(scope, "BuildsFailing", {
    ...shared,
    name: "concourse-builds-failing",
    intent: "A build failed, or could not be run: what was changed last is not in an image.",
    steps: [
      ["Which, and why?", commands.fly("builds --count 20"), commands.fly("watch --job main-pipeline/trews-etl")],
      "A build that failed is its own matter: whoever changed the repository mends it, and the next change builds again.",
      [
        "One that ended in an error had no chance: a secret that is missing, an image that could not be fetched, a worker that went.",
        commands.webLogs,
      ],
      ["Run it once more:", commands.fly("trigger-job --job main-pipeline/trews-etl --watch")],
    ],
    // Of the numbers by pipeline and job the first build makes a series that starts at 1, which is no increase.
    expr: (builds) =>
      `sum(increase(concourse_builds_failed_total{namespace="${CONCOURSE}"}[15m])) + sum(increase(concourse_builds_errored_total{namespace="${CONCOURSE}"}[15m])) > ${builds}`,
    threshold: 0,
    forMinutes: 0,
    cases: () => [
      {
        name: "one build fails",
        series: {
          [server("concourse_builds_failed_total", "a")]: "0x10 1x40",
          [server("concourse_builds_failed_total", "b")]: "0x50",
          [server("concourse_builds_errored_total", "a")]: "0x50",
          [server("concourse_builds_errored_total", "b")]: "0x50",
        },
        alerts: { 9: [], 13: [{}], 40: [] },
      },
    ],
  });
  new PrometheusAlarm(scope, "BuildsWaiting", {
    ...shared,
    name: "concourse-builds-waiting",
    intent: "A step of a build has waited for a worker for half an hour: workers are missing, or too few.",
    steps: [
      ["What runs, and where?", commands.fly("builds --count 20"), commands.fly("workers")],
      ["Workers are missing: see concourse-workers-low.", commands.workers("get pods -o wide")],
      "They are all there and busy: a build hangs (abort it), or there is more to build than they can: concourse.workers.replicas, and minSize of their group.",
    ],
    expr: (steps) => `sum(concourse_steps_waiting{namespace="${CONCOURSE}", type!="check"}) > ${steps}`,
    threshold: 0,
    forMinutes: 30,
    cases: () => [
      {
        name: "a task waits, while checks come and go",
        series: {
          [server("concourse_steps_waiting", "a", ', type="task"')]: "0x5 1x45 0x20",
          [server("concourse_steps_waiting", "a", ', type="check"')]: "1x70",
        },
        alerts: { 4: [], 30: [], 40: [{}], 55: [] },
      },
    ],
  });
  new PrometheusAlarm(scope, "WebDown", {
    ...shared,
    name: "concourse-web-down",
    intent: "No server of Concourse is ready: nobody can look, nothing is built, and workers call nobody.",
    steps: [
      ["What do the pods say?", commands.web("get pods -o wide"), commands.web("describe pods"), commands.webLogs],
      [
        "They start and end: the database refuses them, or a key of the Secret is missing.",
        commands.web(`logs deployment/${WEB} -c concourse-migration --tail=50`),
        commands.web("get externalsecrets"),
      ],
      [
        "An upgrade went wrong: the release takes itself back, the schema does not, and a server of before refuses a newer one (the migration's log says so). Then the snapshot that was taken first: Upgrade on this page. Values alone:",
        ...commands.wayBack,
      ],
    ],
    expr: (servers) =>
      `sum(kube_deployment_status_replicas_available{namespace="${CONCOURSE}", deployment="${WEB}"}) < ${servers}`,
    threshold: 1,
    largerIsWeaker: false,
    forMinutes: 10,
    cases: () => [
      {
        name: "one goes, then the other",
        series: {
          [`kube_deployment_status_replicas_available{namespace="${CONCOURSE}", deployment="${WEB}"}`]:
            "2x5 1x15 0x20 1x10",
        },
        alerts: { 4: [], 20: [], 35: [{}], 45: [] },
      },
    ],
  });
  new PrometheusAlarm(scope, "LoginOld", {
    ...shared,
    name: "concourse-login-old",
    intent: "The pipeline's login to the registry was not renewed: some hours from now no image can be pushed.",
    steps: [
      [
        "What do the last Jobs say?",
        commands.web(`get jobs -l app=${RENEW_LOGIN}`),
        commands.web(`logs -l app=${RENEW_LOGIN} --tail=20`),
      ],
      "AccessDenied: its role is not what the registry's policy names, or was changed. No image: the registry of images is not reached.",
      ["Renew it now:", ...commands.renew],
    ],
    // One that never succeeded has no such time.
    expr: (hours) =>
      `time() - max(${renewal("status_last_successful_time")}) > ${hours} * 3600
        or time() - max(${renewal("created")}) > ${hours} * 3600 unless max(${renewal("status_last_successful_time")})`,
    threshold: 2 * RENEW_HOURS + 1,
    forMinutes: 5,
    cases: (hours) => [
      {
        name: "renewed, then not any more, then again",
        series: {
          [renewal("created")]: `0x${hours * 60 + 60}`,
          [renewal("status_last_successful_time")]: `0x${hours * 60 + 30} ${(hours * 60 + 30) * 60}x30`,
        },
        alerts: { 60: [], [hours * 60 + 20]: [{}], [hours * 60 + 45]: [] },
      },
      {
        name: "it never was, and then is",
        series: {
          [renewal("created")]: `0x${hours * 60 + 60}`,
          [renewal("status_last_successful_time")]: `_x${hours * 60 + 30} ${(hours * 60 + 30) * 60}x30`,
        },
        alerts: { 60: [], [hours * 60 + 20]: [{}], [hours * 60 + 45]: [] },
      },
    ],
  });
}
