import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { imageOf } from "../../../config/images";
import { serviceRole } from "../../../config/names";
import type { TrainingConfig } from "../../../config/schema/tensorflow";
import { Construct } from "../../shared/cdktf";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { NfsClaim } from "../../shared/kubernetes/nfs-claim";
import { GPU, podServiceAccount, podSpec, type PodProps } from "../../shared/kubernetes/pod";
import { HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { suspendedTemplate } from "../../shared/kubernetes/repeatable-job";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { workloadPlace } from "../../shared/kubernetes/workload-place";
import type { Platform } from "../../shared/platform";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import { CLUSTER, datasetPrefix, MODELS_FOLDER, TEMPLATES, TRAINING_NAMESPACE, WORK_FOLDER } from "./names";
import { CLAIM_SCRIPT, LIST_SCRIPT, PUBLISH_SCRIPT } from "./scripts";

/** What of the platform training and its registry use. */
export type TrainingPlatform = Pick<
  Platform,
  "account" | "clusters" | "environment" | "monitoring" | "nfs" | "nfsDrivers" | "registryUrls" | "staging"
>;

/** Where the program finds the folder of its version, and nothing else of the file system. */
const TRAINING_FOLDER = "/training";

/** Properties of {@link Training}. */
export interface TrainingProps {
  /** What it stands on. */
  readonly platform: TrainingPlatform;
  /** Settings of what trains. @default - nothing trains: the registry can be listed */
  readonly config?: TrainingConfig;
}

/**
 * Seconds in which a Job writes a checkpoint before its pod is killed: AWS takes a Spot node back two minutes after it has said so, and the
 * termination handler needs some of them.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
 */
export const CHECKPOINT_SECONDS = 90;
/** Seconds that a finished Job is kept. Longer than a weekend would guard no version: its folder does. */
const KEPT_SECONDS = 2 * 86_400;
/** Exit codes by which a program says that nothing but a change mends it, as an ETL does. @see sysexits.h */
const FINAL_CODES = Array.from({ length: 78 - 64 + 1 }, (_, index) => 64 + index);
const LABELS = { app: TEMPLATES.train };
const SMALL = { cpu: "50m", memory: "64Mi" };

/**
 * What models are trained with: a template of Jobs on nodes with GPUs, which somebody starts (`opsdx tensorflow train`). A Job sees its own folder
 * of checkpoints, which outlives its pods, and no model that there is: two small containers beside it look first that its version is free,
 * and move the whole result there at the end, so that a version is never half there and never overwritten.
 */
export class Training extends Construct {
  /** @throws PropsError when the cluster has no such node group, or the registry no such image */
  public constructor(scope: Construct, id: string, { config, platform }: TrainingProps) {
    super(scope, id);
    const { kubernetes: provider } = platform.clusters[CLUSTER];
    const namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: TRAINING_NAMESPACE,
      level: "restricted",
      quota: { "count/jobs.batch": `${(config?.maxJobs ?? 0) + LISTINGS}`, "services.loadbalancers": "0" },
    });
    const models = new NfsClaim(this, "Models", { platform, cluster: CLUSTER, namespace, use: "models" });
    this.list(platform, namespace, models);
    if (config !== undefined) this.train(platform, config, namespace, models);
  }

  private train(
    platform: TrainingPlatform,
    config: TrainingConfig,
    namespace: WorkloadNamespace,
    models: NfsClaim,
  ): void {
    const { account, clusters, environment, staging } = platform;
    const cluster = clusters[CLUSTER];
    const { kubernetes: provider } = cluster;
    const place = workloadPlace(this, cluster, platform.registryUrls, config);
    const metadata = { name: TEMPLATES.train, namespace: namespace.name, labels: LABELS };
    const prefix = datasetPrefix(environment);
    const role = new ServiceAccountRole(this, "Role", {
      name: serviceRole(environment, "training"),
      description: "Jobs that train models",
      policyDescription: "Datasets, for reading",
      cluster,
      serviceAccount: { namespace: namespace.name, name: TEMPLATES.train },
      statements: [
        { sid: "Datasets", actions: ["s3:GetObject"], resources: [`${staging.bucketArn}/${prefix}*`] },
        {
          sid: "DatasetList",
          actions: ["s3:ListBucket"],
          resources: [staging.bucketArn],
          conditions: { StringLike: { "s3:prefix": `${prefix}*` } },
        },
        {
          sid: "DatasetKey",
          actions: ["kms:Decrypt"],
          resources: [staging.keyArn],
          conditions: { StringEquals: { "kms:ViaService": `s3.${account.region}.amazonaws.com` } },
        },
      ],
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: TEMPLATES.train,
      podLabels: LABELS,
      out: [HTTPS],
    });
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata,
      roleArn: role.arn,
      dependsOn: [...namespace.ready],
    });
    const shared = {
      serviceAccountName,
      nodeLabel: place.nodes.label,
      priority: "tools",
      graceSeconds: CHECKPOINT_SECONDS,
      restartPolicy: "Never",
      claims: [{ name: models.claimName, mountPath: MODELS_FOLDER }],
      gpus: config.gpus,
    } as const satisfies Partial<PodProps>;
    const script = (name: string, text: string) =>
      podSpec({
        ...shared,
        name,
        image: imageOf("node"),
        command: ["sh", "-c", text],
        size: SMALL,
        variables: { region: account.region, own: { MODELS_FOLDER } },
      });
    const program = podSpec({
      ...shared,
      name: "train",
      image: place.image,
      size: config.pod,
      claims: [],
      variables: {
        region: account.region,
        env: config.env,
        own: {
          TRAIN_CHECKPOINTS: `${TRAINING_FOLDER}/checkpoints`,
          TRAIN_DATASETS: `s3://${staging.bucketName}/${prefix}`,
          TRAIN_EXPORT: `${TRAINING_FOLDER}/export`,
          // All of a GPU's memory is taken at once otherwise, and nobody sees how much is needed: https://www.tensorflow.org/guide/gpu
          TF_FORCE_GPU_ALLOW_GROWTH: "true",
        },
      },
    });
    const whole = script("publish", PUBLISH_SCRIPT);
    const work = {
      name: models.claimName,
      mountPath: TRAINING_FOLDER,
      subPathExpr: `${WORK_FOLDER}/$(TRAIN_MODEL)/$(TRAIN_VERSION)`,
    };
    const template = new CronJobV1(this, "Resource", {
      provider,
      metadata,
      spec: suspendedTemplate({
        metadata: { labels: LABELS },
        spec: {
          activeDeadlineSeconds: config.deadlineHours * 3600,
          backoffLimit: config.backoffLimit,
          ttlSecondsAfterFinished: `${KEPT_SECONDS}`,
          podFailurePolicy: {
            rule: [
              // A node that AWS took back is nobody's failure: the next pod goes on from the last checkpoint.
              { action: "Ignore", onPodCondition: [{ type: "DisruptionTarget", status: "True" }] },
              ...["claim", "train", "publish"].map((containerName) => ({
                action: "FailJob",
                onExitCodes: { containerName, operator: "In", values: FINAL_CODES },
              })),
            ],
          },
          template: {
            metadata: {
              labels: LABELS,
              annotations: {
                // Hours of training are not begun again to save a node.
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
              },
            },
            spec: {
              ...whole,
              // One after the other, then what is left of the pod publishes.
              initContainer: [
                ...withoutGpus(script("claim", CLAIM_SCRIPT).container),
                ...program.container.map((container) => ({
                  ...container,
                  volumeMount: [...container.volumeMount, work],
                })),
              ],
              container: withoutGpus(whole.container),
            },
          },
        },
      }),
      dependsOn: [...namespace.ready, ...models.ready, ways.resource, role.permission],
    });
    acknowledgeUnlockedImage(template, "node");
  }

  /** What people ask which versions there are: they need no right to enter a pod. */
  private list({ account, clusters }: TrainingPlatform, namespace: WorkloadNamespace, models: NfsClaim): void {
    const { kubernetes: provider } = clusters[CLUSTER];
    const labels = { app: TEMPLATES.models };
    const metadata = { name: TEMPLATES.models, namespace: namespace.name, labels };
    const template = new CronJobV1(this, "List", {
      provider,
      metadata,
      spec: suspendedTemplate({
        metadata: { labels },
        spec: {
          activeDeadlineSeconds: 300,
          backoffLimit: 0,
          ttlSecondsAfterFinished: "600",
          template: {
            metadata: { labels },
            spec: podSpec({
              name: TEMPLATES.models,
              image: imageOf("node"),
              command: ["sh", "-c", LIST_SCRIPT],
              serviceAccountName: podServiceAccount(this, "ListServiceAccount", {
                provider,
                metadata,
                dependsOn: [...namespace.ready],
              }),
              priority: "tools",
              size: SMALL,
              claims: [{ name: models.claimName, mountPath: MODELS_FOLDER, readOnly: true }],
              variables: { region: account.region, own: { MODELS_FOLDER } },
              graceSeconds: 10,
              restartPolicy: "Never",
            }),
          },
        },
      }),
      dependsOn: [...namespace.ready, ...models.ready],
    });
    acknowledgeUnlockedImage(template, "node");
  }
}

/** Listings that may be there at a time, beside Jobs that train. */
const LISTINGS = 10;

/** The GPUs of a pod are the program's. */
function withoutGpus<C extends { readonly resources: { readonly limits: Record<string, string> } }>(
  containers: readonly C[],
): C[] {
  return containers.map((container) => {
    const limits = Object.entries(container.resources.limits).filter(([name]) => name !== GPU);
    return { ...container, resources: { ...container.resources, limits: Object.fromEntries(limits) } };
  });
}
