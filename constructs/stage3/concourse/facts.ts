import type { ConcourseConfig } from "../../../config/schema/concourse";
import { configFile, secretPath } from "../../../config/names";
import { snapshotFirst } from "../../shared/database/snapshot-first";
import { aws, insights, kops, opsdx, shell } from "../../shared/observability/command";
import { dashboardTitle } from "../../shared/observability/dashboard-model";
import type { Procedure, SystemFacts } from "../../shared/observability/system";
import type { ConcourseCommands } from "./commands";
import { CONCOURSE, PIPELINE, SET_PIPELINE, WEB, WORKER } from "./names";
import { RENEW_HOURS } from "./registry-login";
import { CONCOURSE_CHART } from "./values";

/** What Concourse's page of the runbook is written from. */
export interface ConcourseFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Full name of its cluster. */
  readonly cluster: string;
  /** Settings. */
  readonly config: ConcourseConfig;
  /** Address that people know. */
  readonly url: string;
  /** Bucket of kops' state. */
  readonly kopsState: string;
  /** Commands. */
  readonly commands: ConcourseCommands;
}

/** What the runbook says of Concourse. */
export function concourseFacts(props: ConcourseFactsProps): SystemFacts {
  const { commands, config, environment, url } = props;
  const { deploy, fly, web, workers } = commands;
  return {
    name: CONCOURSE,
    title: "Builds (Concourse)",
    owner: config.owner,
    purpose: `Builds and pushes ${Object.keys(config.pipeline.images).join(" and ")} from ${config.pipeline.repository}, and runs what else its pipelines say. Without it nothing new is built; what runs goes on, and an image can be pushed by hand (see container-registry).`,
    launch: [
      ["Once: keys and passwords are made, straight into AWS Secrets Manager:", opsdx(`secrets init ${environment}`)],
      [
        `By a person: a read-only deploy key of ${config.pipeline.repository}. Its public half goes to GitHub (Settings > Deploy keys, without write access), its private half here; then both files are deleted:`,
        shell("ssh-keygen -q -t ed25519 -N '' -C concourse -f concourse-key"),
        aws(
          `secretsmanager put-secret-value --secret-id ${secretPath(environment, CONCOURSE)}pipelines/main/git --secret-string file://concourse-key`,
        ),
        shell("rm concourse-key concourse-key.pub"),
      ],
      ["Database, servers, workers:", deploy],
      [
        `The pipeline, and its login to the registry: a Job signs in as the local user ${PIPELINE.user}, whose password no person needs. It can be repeated at any time:`,
        commands.setPipeline,
      ],
    ],
    stop: [
      [
        "Take no more builds, and let those end that run:",
        workers(`scale deployment/${WORKER} --replicas=0`),
        "Then the servers:",
        web(`scale deployment/${WEB} --replicas=0`),
      ],
      [
        "Go on:",
        web(`scale deployment/${WEB} --replicas=${config.web.replicas}`),
        workers(`scale deployment/${WORKER} --replicas=${config.workers.replicas}`),
      ],
    ],
    status: [
      [`People look at ${url}:`, opsdx(`open ${environment} ${CONCOURSE}`)],
      web(`rollout status deployment/${WEB}`),
      web("get pods,jobs -o wide"),
      workers("get pods -o wide"),
      ["Once signed in (below):", fly("workers"), fly("builds --count 20"), fly("jobs --pipeline main-pipeline")],
    ],
    logs: [
      ["Servers; who did what stands there too (set-pipeline, login, hijack), by name:", commands.webLogs],
      ["Workers:", commands.workerLogs],
      [
        `A build's own log is in the database, for ${config.buildLogs.days} days or ${config.buildLogs.builds} builds of a job:`,
        fly("watch --job main-pipeline/trews-etl"),
      ],
      [
        `What people changed, in CloudWatch Logs Insights:`,
        insights(
          'fields @timestamp, log | filter kubernetes.namespace = "concourse" and log like /atc.audit/ | sort @timestamp desc | limit 50',
        ),
      ],
    ],
    metrics: [
      `Grafana > ${dashboardTitle(environment, "Concourse")}.`,
      "Prometheus, from port 9391 of each server: concourse_workers_registered (by state), concourse_steps_waiting, concourse_builds_running, concourse_builds_finished_total, concourse_builds_failed_total, concourse_builds_errored_total, concourse_builds_duration_seconds, concourse_db_connections, concourse_http_responses_duration_seconds.",
    ],
    procedures: procedures(props),
  };
}

function procedures({
  cluster,
  commands,
  config,
  environment,
  kopsState,
  url,
}: ConcourseFactsProps): readonly Procedure[] {
  const { deploy, fly, web, workers } = commands;
  const { drainMinutes, nodeGroup } = config.workers;
  const minutes = drainMinutes + 5;
  return [
    {
      title: "Sign in with fly",
      steps: [
        [
          "The way there, a proxy of this machine, which stays open as long as this runs:",
          opsdx(`open ${environment} ${CONCOURSE}`),
          "In another shell, for fly and all of its commands:",
          shell("export HTTPS_PROXY=http://127.0.0.1:8118"),
        ],
        [
          config.signIn === undefined
            ? `As ${PIPELINE.user}, whose password stands in the Kubernetes Secret ${WEB}:`
            : `fly opens a browser; members of ${config.signIn.group} may do everything:`,
          shell(`fly -t ${CONCOURSE} login -c ${url}`),
        ],
        [
          `The way back in, when the identity provider is away: the user ${PIPELINE.user}. An administrator reads its password, the audit log records that, and it is changed afterwards:`,
          web(`get secret ${WEB} -o jsonpath='{.data.local-users}'`),
          opsdx(`secrets rotate ${environment} ${CONCOURSE}/admin-password`),
        ],
        ["fly of the servers' version, from them:", fly("sync")],
      ],
    },
    {
      title: "Set the pipeline",
      steps: [
        `From the first time on it sets itself: job set-self, whenever \`${config.pipeline.file}\` of ${config.pipeline.repository} (${config.pipeline.branch}) changes. \`pipelines/${PIPELINE.name}.yml\` of this project is what belongs there; what it says of repository, branch, file and folders of images comes from \`${configFile(environment)}\`.`,
        [
          "The first time, after a new database, and when those settings changed (deploy them before):",
          commands.setPipeline,
        ],
        ["Does a changed file hold?", shell(`fly validate-pipeline -c pipelines/${PIPELINE.name}.yml`)],
        ["What the Job said:", web(`logs -l app=${SET_PIPELINE} --tail=50`)],
        `A build prints the line with the digest that \`${configFile(environment)}\` wants.`,
      ],
    },
    {
      title: "Drain or replace a worker's node",
      steps: [
        `A worker that goes takes no more builds and lets those end that run, for ${drainMinutes} minutes at most; no step of a build may take longer. Draining waits for it only when it is told to.`,
        [
          "A node, by hand:",
          shell(
            `kubectl --context ${cluster} drain <node> --ignore-daemonsets --delete-emptydir-data --timeout=${minutes}m`,
          ),
        ],
        [
          "All of them, after a change of their launch template. kops' own limit is 15 minutes (so it is with `opsdx kops upgrade`), after which it ends the node with all that runs there:",
          kops(
            "rolling-update cluster",
            cluster,
            kopsState,
            `--instance-group ${nodeGroup} --drain-timeout ${minutes}m --yes`,
          ),
        ],
        `AWS itself gives five minutes: kops' lifecycle hook of every group lasts 300 seconds, then the node ends (rebalancing of zones, a smaller group, a machine that fails, \`maxInstanceLifetimeDays\`, which this group must not have). Builds that are lost so begin again on another worker by themselves.`,
        "The cluster autoscaler leaves workers alone: their pods are marked safe-to-evict false, and each keeps its node.",
      ],
    },
    {
      title: "Remove workers that are gone",
      steps: [
        [
          "Workers are ephemeral: one that is lost disappears by itself within minutes. One that stays stalled:",
          fly("workers"),
        ],
        fly("prune-worker --all-stalled"),
      ],
    },
    {
      title: "Upgrade",
      steps: [
        `Read what changed: https://github.com/concourse/concourse/releases. Chart and version stand in constructs/stage3/concourse/values.ts (${CONCOURSE_CHART.version}), the image in config/images.ts; servers and workers have the same.`,
        ["What the chart makes of it:", opsdx(`charts check ${CONCOURSE}`)],
        [
          "The schema of the database is migrated by an init container of the first new server. A snapshot before, in one shell, which is the only way back from a migration:",
          ...snapshotFirst(environment, CONCOURSE),
          deploy,
        ],
        "Servers go one after the other, and nobody notices; workers let their builds end, so the deployment may take hours: it waits.",
        "An older release refuses a schema that is newer. The way back: the commit before, and the database of the snapshot (Restore, to a moment before), or a new one.",
        ["Values alone, which migrate nothing:", ...commands.wayBack],
      ],
    },
    {
      title: "Restore, and what its loss means",
      steps: [
        "Lost with its database: logs of builds, who signed in, and which versions were built. Pipelines are files, images are in the registry, secrets in AWS Secrets Manager. Nothing of patients is in it.",
        [
          "A new database, empty, in about five minutes; it asks for its name, and takes a snapshot first:",
          opsdx(`services database ${environment} ${CONCOURSE} reset`),
          web(`rollout restart deployment/${WEB}`),
          commands.setPipeline,
        ],
        "To a moment before, with the logs: the whole instance of the services is restored, see db, which takes about an hour. The encryption key must be the one of that moment.",
        [
          "Workers keep nothing: a new one is there as soon as its node is, in about five minutes.",
          workers("get pods -o wide"),
        ],
      ],
    },
    {
      title: "Go on with new secrets",
      steps: [
        ["They have arrived when this says so:", web("get externalsecrets"), workers("get externalsecrets")],
        ["The servers, one after the other:", web(`rollout restart deployment/${WEB}`)],
        ["The workers, each when its builds have ended:", workers(`rollout restart deployment/${WORKER}`)],
        [`The login to the registry renews itself every ${RENEW_HOURS} hours; at once:`, ...commands.renew],
      ],
    },
  ];
}
