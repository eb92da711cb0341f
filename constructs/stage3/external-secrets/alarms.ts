import { stackName } from "../../../config/names";
import type { ClusterName } from "../../../config/schema/environment";
import type { Construct } from "../../shared/cdktf";
import { SECRETS_OPERATOR } from "../../shared/helm/service-secrets";
import { Alarm } from "../../shared/observability/alarm";
import { cdktf, insights, opsdx } from "../../shared/observability/command";
import type { Platform } from "../../shared/platform";
import { operatorCommands } from "./facts";

/** What is counted. */
export const FAILED_SYNC = { namespace: "OpsDX/Kubernetes", name: "ExternalSecretsFailed" } as const;

/**
 * The line that the operator writes each time an ExternalSecret was not synced: every such way through its reconciler ends in an error,
 * for which controller-runtime writes it, but those that no other try would mend (a Secret that belongs to somebody else, or is
 * immutable), which nothing here declares.
 * @see https://github.com/external-secrets/external-secrets/blob/v2.9.0/pkg/controllers/externalsecret/externalsecret_controller.go
 * @see https://github.com/kubernetes-sigs/controller-runtime/blob/v0.24.1/pkg/internal/controller/controller.go
 */
export const FAILED_SYNC_PATTERN = `{ ($.kubernetes.namespace = "${SECRETS_OPERATOR.namespace}") && ($.controller = "externalsecret") && ($.msg = "Reconciler error") }`;

/**
 * It tries again after 7 minutes at most, so that a failure that lasts shows in each period, and one that does not in one of them.
 * @see https://github.com/external-secrets/external-secrets/blob/v2.9.0/pkg/controllers/common/common.go
 */
const PERIOD_SECONDS = 600;

/** The alarm on ExternalSecrets that are not synced, on any cluster. */
export function notSynced(
  scope: Construct,
  platform: Pick<Platform, "clusterLogs" | "environment" | "monitoring">,
  clusters: readonly ClusterName[],
  cluster: string,
): Alarm {
  const { clusterLogs, environment, monitoring } = platform;
  const logGroups = clusterLogs.countFailures(scope, clusters, {
    name: "external-secrets-failed",
    pattern: FAILED_SYNC_PATTERN,
    metric: FAILED_SYNC,
  });
  const { describe, list } = operatorCommands(cluster);
  return new Alarm(scope, "NotSynced", {
    monitoring,
    name: "external-secrets-not-synced",
    intent:
      "A Kubernetes Secret is not filled from AWS Secrets Manager: a new value does not arrive, and where the Secret was never made its pods do not start.",
    severity: "ticket",
    steps: [
      [
        `Which, on which cluster, and why? CloudWatch Logs Insights on \`${logGroups.join("`, `")}\`:`,
        insights(
          `fields @timestamp, kubernetes.cluster, namespace, name, error | filter kubernetes.namespace = "${SECRETS_OPERATOR.namespace}" and level = "error" | sort @timestamp desc | limit 50`,
        ),
        list,
        describe,
      ],
      [
        "`ResourceNotFoundException`, or a property that is not there: has the secret a value, and of the shape that its declaration in `config/service-secrets` says?",
        opsdx(`secrets check ${environment}`),
        opsdx(`secrets init ${environment}`),
      ],
      [
        "`AccessDenied`: role, key and the secret's policy come from the same declaration. Does AWS differ from it?",
        cdktf("diff", stackName(environment, "stage1")),
        cdktf("diff", stackName(environment, "stage3")),
      ],
      "`InvalidIdentityToken`: the cluster's issuer is not the one that IAM knows; the page of the cluster says how its keys are published.",
    ],
    metric: { ...FAILED_SYNC, statistic: "Sum" },
    comparison: ">=",
    threshold: 1,
    periodSeconds: PERIOD_SECONDS,
    periods: 2,
    missingData: "notBreaching",
  });
}
