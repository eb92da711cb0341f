import { clusterLogGroup, configFile, secretPath, stackName } from "../../../config/names";
import { LOAD_SECRETS } from "../../../config/service-secrets/load";
import type { LoadConfig } from "../../../config/schema/load";
import { aws, awslogs, cdktf, kubectl, opsdx, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";
import { LOAD, LOCUST, PREFIX, TEMPLATE } from "./names";
import { profilesOf } from "./plan";

/** What load tests' page of the runbook is written from. */
export interface LoadFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Full name of its cluster. */
  readonly cluster: string;
  /** Settings of load tests. */
  readonly config: LoadConfig;
  /** Bucket of what exercises show. */
  readonly bucket: string;
  /** Whether there is Locust's page. */
  readonly page: boolean;
  /** Address of the service that is tested. */
  readonly url: string;
}

/** What the runbook says of load tests. */
export function loadFacts({ bucket, cluster, config, environment, page, url }: LoadFactsProps): SystemFacts {
  const run = (args: string): Command => kubectl({ cluster, namespace: LOAD }, args);
  const guard = config.guarded ? ` --prod --reason ${placeholder("reason")}` : "";
  const profiles = profilesOf(config);
  const { maximum } = config;
  const logs = awslogs(clusterLogGroup(environment, "k8s"), {
    stream: `kubernetes/${LOAD}/${TEMPLATE}/locust`,
    field: "log",
  });
  return {
    name: LOAD,
    title: "Load testing (Locust)",
    owner: config.owner,
    purpose: `Load tests ask ${url} as clinicians do, and tell whether it answers fast enough, and whether it did so before. Nothing depends on them.`,
    launch: [
      [
        `A run, and its verdict; profiles: ${profiles.join(", ")}.`,
        opsdx(`load run ${environment} --profile ${profiles[0] ?? "smoke"}${guard}`),
      ],
      "It is refused in the load window, beside another exercise, and while an alarm of the web service fires.",
      ...(page ? [["The page on which people try the test:", opsdx(`open ${environment} ${LOCUST}`)] as const] : []),
      ["The template and the secrets of runs:", cdktf("deploy", stackName(environment, "stage3"))],
    ],
    stop: [
      "Ctrl-C of the command stops a run in order. An alarm of the web service does, too, whether anybody looks or not.",
      ["Where nobody has the command any more:", run("get jobs"), run(`delete job ${placeholder("name")}`)],
      `Otherwise it ends by itself: after ${maximum.minutes} minutes or ${maximum.requests} requests at the latest; there are never more than ${maximum.users} users.`,
    ],
    status: [["Which runs there are:", run("get jobs,pods -o wide")]],
    logs: [["What Locust said:", logs]],
    metrics: [
      "The web service's own: its page and its dashboard. Runs are marked in every graph of Grafana while they are under way, with the tag load.",
    ],
    procedures: [
      {
        title: "Analysis",
        steps: [
          "The verdict compares each kind of request with the limits of its profile, and with the last good run; it says where a difference is no more than chance.",
          [
            "Verdict, tables and Locust's report of each run:",
            aws(`s3 ls s3://${bucket}/${PREFIX}`),
            aws(`s3 cp --recursive s3://${bucket}/${PREFIX}${placeholder("id")} .`),
          ],
          "A verdict which says that Locust used up its own processor tells of Locust, and not of the service: its times and its rate may be its own. One process uses one processor, so nothing helps but fewer users. It is never what later runs are compared with.",
          "Otherwise the first number that is too high names the cause: errors, then the slowest kind of request. A rate that is not reached although both are good: users were fewer, or came later, than the profile says.",
          "Replicas that came late or not at all: the autoscaler of the web service, and the room on its nodes; see the page of the web service.",
          `Limits, requests and users are settings: load in ${configFile(environment)}.`,
        ],
      },
      {
        title: "A token for annotations",
        steps: [
          "Grafana makes it, so it comes after the first deploy: what stands in its place until then opens nothing, and runs say that their annotation was not made. In Grafana: Administration, Service accounts, Add: the role Editor; then Add token, for a year at most. The token goes into a file, which is deleted afterwards.",
          [
            "Within the hour the Kubernetes Secret follows; the next run reads it.",
            aws(
              `secretsmanager put-secret-value --secret-id ${secretPath(environment, `${LOAD}/${LOAD_SECRETS.grafana}`)} --secret-string file://secret.txt`,
            ),
          ],
        ],
      },
      {
        title: "A lock that is left",
        steps: [
          "One exercise is done at a time. A run that was killed leaves its lock until its time is over, and so does one of which the cluster does not tell that it is gone; then the next one takes it.",
          ["What goes on of it:", run("get jobs,pods")],
          ["Whose it is:", aws(`s3 cp s3://${bucket}/lock/exercise.json -`)],
        ],
      },
    ],
  };
}
