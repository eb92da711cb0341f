import { clusterLogGroup, stackName } from "../../../config/names";
import type { ClusterName } from "../../../config/schema/environment";
import { REFRESH_INTERVAL, SECRETS_OPERATOR } from "../../shared/helm/service-secrets";
import { rollback } from "../../shared/helm/watched-cluster";
import { awslogs, cdktf, kubectl, opsdx, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";

/**
 * Commands about the operator and what it fills.
 * @param cluster - full name of a cluster, or what stands for each of them
 */
export function operatorCommands(cluster: string) {
  const on = (args: string): Command => kubectl({ cluster, namespace: SECRETS_OPERATOR.namespace }, args);
  const there = (args: string): Command => kubectl({ cluster, namespace: placeholder("namespace") }, args);
  return {
    on,
    list: kubectl({ cluster }, "get externalsecrets,secretstores -A"),
    describe: there(`describe externalsecret ${placeholder("name")}`),
    now: there(`annotate externalsecret ${placeholder("name")} force-sync="$(date +%s)" --overwrite`),
  };
}

/** What the runbook says of the operator. */
export function externalSecretsFacts(
  environment: string,
  owner: string,
  clusters: readonly ClusterName[],
  cluster: string,
): SystemFacts {
  const { describe, list, now, on } = operatorCommands(cluster);
  const place = { cluster, namespace: SECRETS_OPERATOR.namespace };
  const deploy = cdktf("deploy", stackName(environment, "stage3"));
  const deployment = `deployment/${SECRETS_OPERATOR.name}`;
  return {
    name: SECRETS_OPERATOR.name,
    title: "Secrets into the clusters (External Secrets)",
    owner,
    purpose: `Copies values from AWS Secrets Manager into the Kubernetes Secrets of services whose charts know nothing else, on ${clusters.join(", ")}. While it is away nothing stops: the Secrets stay as they are, and new values wait.`,
    launch: [
      [
        `A Helm release \`${SECRETS_OPERATOR.name}\` in the namespace ${SECRETS_OPERATOR.namespace}, with its custom resource definitions; each service has a release \`<name>-secrets\` with its store and its ExternalSecrets:`,
        deploy,
      ],
    ],
    stop: [
      ["Secrets stay, and are not updated:", on(`scale ${deployment} --replicas=0`)],
      ["Go on:", on(`scale ${deployment} --replicas=1`)],
    ],
    status: [
      list,
      on("get pods -o wide"),
      on(`rollout status ${deployment}`),
      on(`rollout status ${deployment}-webhook`),
    ],
    logs: [
      awslogs(clusterLogGroup(environment, "k8s"), {
        stream: "kubernetes/external/secrets/external/secrets",
        field: "log",
      }),
      ["The newest lines directly:", on(`logs ${deployment} --tail=100`)],
    ],
    metrics: [
      "CloudWatch > Metrics > OpsDX/Kubernetes > ExternalSecretsFailed: tries that failed.",
      "Prometheus: `externalsecret_status_condition`, `externalsecret_sync_calls_error`.",
    ],
    procedures: [
      {
        title: "Bring a new value in now",
        steps: [
          [`It looks every ${REFRESH_INTERVAL}. This looks at once:`, now, describe],
          "Pods read a Secret when they start, unless it is mounted as files: the secret's declaration in `config/service-secrets` says what restarts, and so does the command that makes the value:",
          opsdx(`secrets rotate ${environment} ${placeholder("name")}`),
        ],
      },
      {
        title: "Nobody can change a store or an ExternalSecret",
        steps: [
          [
            "The API server asks the operator's webhook, and refuses what it cannot ask. Does it run?",
            on("get pods -l app.kubernetes.io/name=external-secrets-webhook -o wide"),
            on(`logs ${deployment}-webhook --tail=50`),
          ],
          [
            "Its certificate is the cert-controller's work:",
            on(`logs ${deployment}-cert-controller --tail=50`),
            on(`rollout restart ${deployment}-cert-controller ${deployment}-webhook`),
          ],
        ],
      },
      rollback(SECRETS_OPERATOR.name, place, environment),
    ],
  };
}
