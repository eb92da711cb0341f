import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { secretPath } from "../../../config/names";
import type { EtlConfig } from "../../../config/schema/etl";
import { Construct } from "../../shared/cdktf";
import { notSecretAnnotation } from "../../shared/kubernetes/container-env";
import { podServiceAccount, podSpec, type PodVariables } from "../../shared/kubernetes/pod";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { suspendedTemplate } from "../../shared/kubernetes/repeatable-job";
import { LOG_STREAM_ANNOTATION } from "../../shared/observability/cluster-logs";
import type { EtlNames } from "./etl-names";
import { reportPrefix } from "./job-role";

/** Properties of {@link EtlTemplate}. */
export interface EtlTemplateProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Name of the environment. */
  readonly environment: string;
  /** Region of the environment. */
  readonly region: string;
  /** The ETL. */
  readonly etl: string;
  /** Names of the template and of its stream of log lines. */
  readonly names: Pick<EtlNames, "stream" | "template">;
  /** Its settings. */
  readonly config: Omit<EtlConfig, "image">;
  /** Its namespace. */
  readonly namespace: WorkloadNamespace;
  /** Value of the label `opsdx_nodegroup` of the nodes that it runs on. */
  readonly nodeLabel: string;
  /** Address of the image, by digest. */
  readonly image: string;
  /** ARN of the Jobs' role. */
  readonly roleArn: string;
  /** Name of the bucket of reports. */
  readonly stagingBucket: string;
  /** Variables that every ETL gets: where the databases are. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Exit codes by which a program says that its configuration is wrong: no further try mends that. @see sysexits.h */
const CONFIGURATION_ERRORS = Array.from({ length: 78 - 64 + 1 }, (_, index) => 64 + index);

/**
 * What an ETL's Jobs are made from: a CronJob that never fires, because it is suspended, and the Jobs' service account. The launcher
 * makes a Job of it for each slot, as `kubectl create job --from=cronjob/<name>` does.
 */
export class EtlTemplate extends Construct {
  public constructor(scope: Construct, id: string, props: EtlTemplateProps) {
    super(scope, id);
    const { config, etl, namespace, provider } = props;
    const { job } = config;
    const { stream, template } = props.names;
    const metadata = { name: template, namespace: namespace.name };
    const labels = { etl, "app.kubernetes.io/part-of": "etl" };
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata,
      roleArn: props.roleArn,
      dependsOn: [...namespace.ready],
    });
    new CronJobV1(this, "Resource", {
      provider,
      metadata: { ...metadata, labels, ...notSecretAnnotation(config.notSecret) },
      // EventBridge Scheduler knows when.
      spec: suspendedTemplate({
        metadata: { labels },
        spec: {
          activeDeadlineSeconds: job.deadlineSeconds,
          backoffLimit: job.backoffLimit,
          ttlSecondsAfterFinished: `${job.ttlSeconds}`,
          podFailurePolicy: {
            rule: [
              // A node that went is nobody's failure: it costs none of the tries.
              { action: "Ignore", onPodCondition: [{ type: "DisruptionTarget", status: "True" }] },
              {
                action: "FailJob",
                onExitCodes: { containerName: "etl", operator: "In", values: CONFIGURATION_ERRORS },
              },
            ],
          },
          template: {
            metadata: {
              labels,
              annotations: {
                [LOG_STREAM_ANNOTATION]: stream,
                // A run is finished where it started: hours of loading are not begun again to save a node.
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
              },
            },
            spec: podSpec({
              name: "etl",
              image: props.image,
              serviceAccountName,
              nodeLabel: props.nodeLabel,
              priority: "etl",
              size: { cpu: job.cpu, memory: job.memory },
              variables: variables(props),
              graceSeconds: 60,
              restartPolicy: "Never",
            }),
          },
        },
      }),
    });
  }
}

/** What a run is told. `ETL_SLOT`, `ETL_FROM` and `ETL_TO` come from the launcher. */
function variables({ config, environment, etl, region, stagingBucket, variables }: EtlTemplateProps): PodVariables {
  return {
    region,
    shared: variables,
    env: config.env,
    secrets: { path: secretPath(environment, etl), references: config.secrets },
    own: {
      ETL_ENVIRONMENT: environment,
      ETL_NAME: etl,
      ETL_REPORTS: `s3://${stagingBucket}/${reportPrefix(environment, etl)}`,
    },
  };
}
