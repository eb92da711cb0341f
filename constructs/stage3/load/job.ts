import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { imageOf } from "../../../config/images";
import { serviceRole } from "../../../config/names";
import { REPORT_POD, type LoadConfig } from "../../../config/schema/load";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { podServiceAccount, podSpec, type PodProps } from "../../shared/kubernetes/pod";
import { HTTPS, PodNetworkPolicy, type PodWay } from "../../shared/kubernetes/pod-network-policy";
import { suspendedTemplate } from "../../shared/kubernetes/repeatable-job";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import type { ExercisesBucket, Platform } from "../../shared/platform";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import { PropsError } from "../../shared/props-error";
import { LOAD, PREFIX, SECRETS, TEMPLATE, TEST } from "./names";
import { REPORT_SCRIPT, RUN_SCRIPT, SCRIPT_VARIABLES, STOP_SECONDS } from "./scripts";

/** Properties of {@link LoadJob}. */
export interface LoadJobProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "clusters" | "environment">;
  /** Settings of load tests. */
  readonly config: LoadConfig;
  /** Where runs leave what they saw. */
  readonly bucket: ExercisesBucket;
  /** Names of the alarms that stop a run. */
  readonly alarms: readonly string[];
  /** Its namespace. */
  readonly namespace: WorkloadNamespace;
  /** Address of Grafana in the cluster, and its port. @default - nothing is noted there */
  readonly grafana?: { readonly url: string; readonly port: number; readonly namespace: string };
  /** The test, and the secrets. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Seconds until a node is there, and what a run takes beside its stages. */
export const AROUND_SECONDS = 900;
/** Seconds that a Job which has ended is kept. */
const KEPT_SECONDS = 7 * 86_400;
const LABELS = { app: TEMPLATE };

/**
 * A run of a load test: the template of a Job on nodes of its own, which somebody starts with a profile (`opsdx load run`). One container is
 * Locust, the other one looks at the web service's alarms meanwhile, and puts the reports into the bucket: nothing of it needs the person's
 * machine, and each ends when the other one is dead. It ends by its stages, by the limits of all runs, by an alarm, and at the latest by its
 * deadline; it is tried once.
 */
export class LoadJob extends Construct {
  /** @throws PropsError when the cluster has no such node group */
  public constructor(scope: Construct, id: string, props: LoadJobProps) {
    super(scope, id);
    const { alarms, bucket, config, grafana, namespace, platform } = props;
    const { account, clusters, environment } = platform;
    const { kubernetes: provider, nodeGroups } = clusters.k8s;
    const nodes = nodeGroups[config.nodeGroup];
    if (nodes === undefined) {
      const known = Object.keys(nodeGroups).join(", ");
      throw new PropsError(this, [
        `config.nodeGroup must be a labelled node group of k8s (${known}), got "${config.nodeGroup}"`,
      ]);
    }
    const metadata = { name: TEMPLATE, namespace: namespace.name, labels: LABELS };
    const role = new ServiceAccountRole(this, "Role", {
      name: serviceRole(environment, LOAD),
      description: "Runs of load tests",
      policyDescription: "States of the web service's alarms; reports of load tests, for writing",
      cluster: clusters.k8s,
      serviceAccount: { namespace: namespace.name, name: TEMPLATE },
      statements: [
        {
          sid: "Alarms",
          actions: ["cloudwatch:DescribeAlarms"],
          resources: alarms.map((name) => `arn:aws:cloudwatch:${account.region}:${account.id}:alarm:${name}`),
        },
        { sid: "Reports", actions: ["s3:PutObject"], resources: [`${bucket.bucketArn}/${PREFIX}*`] },
        {
          sid: "ReportsKey",
          actions: ["kms:Decrypt", "kms:GenerateDataKey"],
          resources: [bucket.keyArn],
          conditions: { StringEquals: { "kms:ViaService": `s3.${account.region}.amazonaws.com` } },
        },
      ],
    });
    const toGrafana: readonly PodWay[] =
      grafana === undefined ? [] : [{ peer: { namespace: grafana.namespace }, ports: [grafana.port] }];
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: TEMPLATE,
      podLabels: LABELS,
      out: [HTTPS, ...toGrafana],
    });
    const shared = {
      serviceAccountName: podServiceAccount(this, "ServiceAccount", {
        provider,
        metadata,
        roleArn: role.arn,
        dependsOn: [...namespace.ready],
      }),
      nodeLabel: nodes.label,
      priority: "tools",
      // Stopped, it writes its reports, and then they go to the bucket.
      graceSeconds: 2 * STOP_SECONDS,
      restartPolicy: "Never",
    } as const satisfies Partial<PodProps>;
    const run = podSpec({
      ...shared,
      name: "locust",
      image: imageOf("locust"),
      command: ["sh", "-c", RUN_SCRIPT],
      files: { [TEST.folder]: TEST.configMap },
      secretFiles: { [SECRETS.folder]: SECRETS.name },
      size: config.pod,
      variables: {
        region: account.region,
        own: {
          ...SCRIPT_VARIABLES,
          HOME: "/tmp",
          LOAD_PRIVATE: SECRETS.folder,
          PYTHONDONTWRITEBYTECODE: "1",
          ...(grafana !== undefined && { LOAD_GRAFANA: grafana.url }),
        },
      },
    });
    const report = podSpec({
      ...shared,
      name: "report",
      image: imageOf("aws-cli"),
      command: ["sh", "-c", REPORT_SCRIPT],
      size: REPORT_POD,
      variables: {
        region: account.region,
        own: { ...SCRIPT_VARIABLES, HOME: "/tmp", LOAD_ALARMS: alarms.join(" "), LOAD_BUCKET: bucket.bucketName },
      },
    });
    const template = new CronJobV1(this, "Resource", {
      provider,
      metadata,
      spec: suspendedTemplate({
        metadata: { labels: LABELS },
        spec: {
          activeDeadlineSeconds: config.maximum.minutes * 60 + AROUND_SECONDS,
          backoffLimit: 0,
          ttlSecondsAfterFinished: `${KEPT_SECONDS}`,
          template: {
            metadata: {
              labels: LABELS,
              // A run that is moved has measured nothing.
              annotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" },
            },
            spec: { ...run, container: [...run.container, ...report.container] },
          },
        },
      }),
      dependsOn: [...namespace.ready, ...props.dependsOn, ways.resource, role.permission],
    });
    for (const image of ["locust", "aws-cli"] as const) acknowledgeUnlockedImage(template, image);
  }
}
