import { configFile, databaseReaderName, databaseReaderUser, monitorsFunction, stackName } from "../../../config/names";
import type { MonitorsConfig } from "../../../config/schema/monitors";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { aws, cdktf, jobAgain, kubectl, opsdx } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";
import { BEHAVIOR, MONITORS } from "./names";

/** What the monitors' page of the runbook is written from. */
export interface MonitorsFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Full name of the cluster on which the Job runs that makes their role. */
  readonly cluster: string;
  /** Their settings. */
  readonly config: MonitorsConfig;
}

/** What the runbook says of the behavior monitors. */
export function monitorsFacts({ cluster, config, environment }: MonitorsFactsProps): SystemFacts {
  const name = monitorsFunction(environment);
  const deploy = cdktf("deploy", stackName(environment, "stage3"));
  const one = placeholder("monitor");
  const job = databaseReaderName({ service: MONITORS, name: placeholder("database") });
  const on = (args: string) => kubectl({ cluster, namespace: MONITORING_NAMESPACE }, args);
  const schedules = aws(
    `scheduler list-schedules --group-name ${name} --query "Schedules[].[Name,State]" --output table`,
  );
  const proposals = Object.entries(config.watched).flatMap(([monitor, { proposal }]) => (proposal ? [monitor] : []));
  return {
    name: MONITORS,
    title: "Behavior monitors",
    owner: config.owner,
    purpose: `Ask the databases at even times what the data does, and tell when it does something else: ${Object.keys(config.watched).join(", ")}. Without them a feed that runs and brings nothing is seen by nobody but clinicians.`,
    launch: [
      deploy,
      `The Job ${databaseReaderName({ service: MONITORS, name: "db" })} makes the role ${databaseReaderUser({ service: MONITORS })}, which reads the views that the settings name. Those that the application has not made yet are left out: their monitors say so, and nothing else waits for them.`,
      [
        "When the application has made a view, and after each change of the settings by itself:",
        ...jobAgain({ cluster, namespace: MONITORING_NAMESPACE }, job),
        on(`logs -l app=${job} --tail=10`),
      ],
    ],
    stop: [
      `Take a monitor out of \`monitors.watched\` in ${configFile(environment)}, and deploy; all of them stop when \`monitors\` is taken out.`,
      [
        "At once, until it is given its executions back by a deployment:",
        aws(`lambda put-function-concurrency --function-name ${name} --reserved-concurrent-executions 0`),
        deploy,
      ],
    ],
    status: [schedules, ["One of them, now:", opsdx(`monitors run ${environment} ${one}`)]],
    logs: [
      aws(`logs tail /aws/lambda/${name} --since 1h`),
      "A line of each run, with numbers, values of the lists, and the kind of a fault. Nothing that a database answers is in it beside them: it could be PHI.",
    ],
    dashboard: MONITORS,
    metrics: [
      `CloudWatch > Metrics > ${BEHAVIOR}: a metric of each monitor, by value of its dimension; \`Measured\`, \`Failed\`, \`Unlisted\` and \`Seconds\` of each run.`,
      `CloudWatch > Dashboards > \`opsdx-${environment}-${MONITORS}\`.`,
    ],
    procedures: [
      {
        title: "Add or change a monitor",
        steps: [
          ...(proposals.length === 0
            ? []
            : [`Proposals, whose owner has yet to say what is right: ${proposals.join(", ")}.`]),
          "The application makes a view in which stands what is counted, and nothing of a patient.",
          [
            `Name it in ${configFile(environment)}, with its statement; and try it on a PostgreSQL of yours that has such a view (PGHOST and so on):`,
            opsdx(`monitors test ${environment} ${one}`),
          ],
          deploy,
        ],
      },
      {
        title: "Upgrade, and go back",
        steps: [
          "The function comes with the program. The earlier version of the program, deployed, is the way back: it keeps nothing.",
          deploy,
        ],
      },
      {
        title: "Restore",
        steps: [
          "It has no data of its own: a deployment makes all of it anew in a few minutes. What the bands learned, CloudWatch learns again in two weeks from metrics, which it keeps for 15 months.",
          deploy,
        ],
      },
    ],
  };
}
