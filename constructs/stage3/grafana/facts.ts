import {
  clusterLogGroup,
  configFile,
  databaseReaderName,
  databaseReaderUser,
  secretPath,
  stackName,
} from "../../../config/names";
import { snapshotFirst } from "../../shared/database/snapshot-first";
import { copySecretsNow } from "../../shared/helm/copy-secrets";
import { rollback } from "../../shared/helm/watched-cluster";
import type { HostAlarmSteps } from "../../shared/http/host-alarms";
import {
  aws,
  awslogs,
  cdktf,
  kubectl,
  opsdx,
  type Command,
  type KubernetesPlace,
} from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Step } from "../../shared/observability/steps";
import type { SystemFacts } from "../../shared/observability/system";
import { GRAFANA, POD_LABELS } from "./values";

/** What Grafana's page of the runbook is written from. */
export interface GrafanaFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Cluster and namespace. */
  readonly place: Required<KubernetesPlace>;
  /** Who answers for it. */
  readonly owner: string;
  /** Its address. */
  readonly url: string;
  /** Who signs people in. @default - nobody: the local administrator alone */
  readonly signsIn?: string;
  /** Pods. */
  readonly replicas: number;
}

const LABELS = Object.entries(POD_LABELS)
  .map(([name, value]) => `${name}=${value}`)
  .join(",");

function commands(environment: string, place: Required<KubernetesPlace>) {
  const on = (args: string): Command => kubectl(place, args);
  return {
    on,
    deploy: cdktf("deploy", stackName(environment, "stage3")),
    pods: on(`get pods -l ${LABELS} -o wide`),
    logs: on(`logs deployment/${GRAFANA} --tail=100 --prefix`),
    logGroup: awslogs(clusterLogGroup(environment, "k8s"), {
      stream: `kubernetes/${place.namespace}/${GRAFANA}`,
      field: "log",
    }),
    database: opsdx(`services database ${environment} ${GRAFANA} create`),
    restart: on(`rollout restart deployment/${GRAFANA}`),
    rollout: on(`rollout status deployment/${GRAFANA}`),
  };
}

/** What the runbook says of Grafana. */
export function grafanaFacts(props: GrafanaFactsProps): SystemFacts {
  const { environment, owner, place, replicas, signsIn, url } = props;
  const { database, deploy, logGroup, logs, on, pods, restart, rollout } = commands(environment, place);
  return {
    name: GRAFANA,
    title: "Dashboards (Grafana)",
    owner,
    purpose: `Shows at ${url} what CloudWatch and the clusters' Prometheus know, on dashboards that stand in code. Without it nobody is warned later and nothing stops: alarms come from CloudWatch and Prometheus, and CloudWatch has the dashboards of ETLs, web service and databases, too.`,
    launch: [
      [
        "Give its secrets their values, once; then its database, its dashboards and its pods come with the stage:",
        opsdx(`secrets init ${environment}`),
        deploy,
      ],
      "Dashboards are part of it: nobody imports one.",
    ],
    stop: [
      ["Nothing is lost, and its host's alarms say that it is gone:", on(`scale deployment/${GRAFANA} --replicas=0`)],
      ["Go on:", on(`scale deployment/${GRAFANA} --replicas=${replicas}`)],
    ],
    status: [rollout, pods, ["Is it there for people?", opsdx(`open ${environment} ${GRAFANA}`)]],
    logs: [logGroup, ["The newest lines directly:", logs]],
    dashboard: GRAFANA,
    metrics: [
      `Its dashboard: ${url}/d/opsdx-${environment}-${GRAFANA}.`,
      "CloudWatch > ApplicationELB > its target group: requests, errors, response time.",
    ],
    procedures: [
      {
        title: "Sign in",
        steps: [
          opsdx(`open ${environment} ${GRAFANA}`),
          signsIn === undefined
            ? "The administrator `admin` alone can, with the password below."
            : `${signsIn} signs people in, and their groups there decide what they may do. When it cannot: \`${url}/login?disableAutoLogin=true\`, as \`admin\`.`,
          [
            "The administrator's password; it is shown, so not where others look on:",
            aws(
              `secretsmanager get-secret-value --secret-id ${secretPath(environment, GRAFANA)}admin-password --query SecretString --output text`,
            ),
          ],
        ],
      },
      {
        title: "Change the administrator's password",
        steps: [
          [
            "Grafana reads the secret when it makes its database, and never again. A new value:",
            opsdx(`secrets rotate ${environment} ${GRAFANA}/admin-password`),
          ],
          [
            "Wait until the cluster has it, within the hour, start the pods anew, and give it to Grafana, which reads it from its variable and shows it nobody:",
            restart,
            on(
              `exec deployment/${GRAFANA} -c ${GRAFANA} -- sh -c 'printenv GF_SECURITY_ADMIN_PASSWORD | grafana cli --config /etc/grafana/grafana.ini admin reset-admin-password --password-from-stdin'`,
            ),
          ],
        ],
      },
      {
        title: "Go on with new secrets of Prometheus",
        steps: [
          "Grafana reads password and authority of the clusters' Prometheus when it starts. Until then its graphs of the clusters are empty: nothing else is wrong, and alarms ring.",
          [
            "Its Kubernetes Secret follows within the hour; at once, with the time at which it did:",
            ...copySecretsNow(place),
          ],
          [
            "After a new certificate the Prometheus of each cluster starts anew first, as its page says. Then:",
            restart,
            rollout,
          ],
        ],
      },
      {
        title: "Add or change a dashboard",
        steps: [
          "Change its declaration, which stands with its system (`*-dashboard.ts`), and deploy. A metric that nothing writes is refused at synth.",
          deploy,
          "A changed one is there within two minutes; a new one starts the pods anew, one after the other.",
        ],
      },
      {
        title: "Show a database",
        steps: [
          `Name views of the application in ${configFile(environment)}, under \`grafana.databases.db.views\` or \`dw\`, once they are there; then:`,
          cdktf("deploy", stackName(environment, "stage1")),
          opsdx(`secrets init ${environment}`),
          [
            `A Job makes the role \`${databaseReaderUser({ service: GRAFANA })}\`, which reads those views and nothing else; then the data source is there, after a restart of the pods:`,
            deploy,
          ],
          [
            "The Job fails where a view is not there, is a table, or where the role could write, and says what to do:",
            on("get jobs"),
            on(`logs -l app=${databaseReaderName({ service: GRAFANA, name: placeholder("database") })} --tail=10`),
          ],
        ],
      },
      {
        title: "Upgrade",
        steps: [
          "Read the notes of the new version of Grafana and of its chart; raise `GRAFANA_CHART` and the image, and see what the chart makes of it:",
          opsdx("charts check grafana"),
          [
            "Its database is changed by the first pod that starts, and not back: a snapshot first, in one shell.",
            ...snapshotFirst(environment, GRAFANA),
            deploy,
          ],
        ],
      },
      rollback(GRAFANA, place, environment),
      {
        title: "Restore",
        steps: [
          "Dashboards and data sources come from code. The database holds people's accounts, stars and settings; without them it takes ten minutes:",
          opsdx(`services database ${environment} ${GRAFANA} reset`),
          database,
          restart,
          "With them: restore the instance of services as its page says, which takes half an hour to an hour, and start the pods anew.",
          ["Either way:", rollout],
        ],
      },
    ],
  };
}

/** What to do when its host fails, besides what holds for every host. */
export function hostSteps(environment: string, place: Required<KubernetesPlace>): Partial<HostAlarmSteps> {
  const { database, logs } = commands(environment, place);
  const lost: Step = [
    "It says that it cannot reach its database, or is refused there: see the instance's alarms, then set role and password right again:",
    logs,
    database,
  ];
  return {
    noHealthyTarget: [lost],
    unhealthyTarget: [lost],
    errorRate: [lost],
    latency: [
      "A dashboard that asks for a long time is slow by itself: shorten the range. All are slow: see the page of the instance of services.",
    ],
  };
}
