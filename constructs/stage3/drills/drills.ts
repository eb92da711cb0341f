import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { imageOf } from "../../../config/images";
import type { DrillsConfig } from "../../../config/schema/drills";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { podServiceAccount, podSpec } from "../../shared/kubernetes/pod";
import { suspendedTemplate } from "../../shared/kubernetes/repeatable-job";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { describeSystem } from "../../shared/observability/system";
import type { Platform } from "../../shared/platform";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import { drillsOf } from "./catalogue";
import { Chaoskube } from "./chaoskube";
import type { Drill, Experiment } from "./drill";
import { Experiments } from "./experiments";
import { drillsFacts } from "./facts";
import { DRILLS, FILL_VOLUME } from "./names";

/** Properties of {@link Drills}. */
export interface DrillsProps {
  /** What they stand on. */
  readonly platform: Pick<Platform, "account" | "clusters" | "network">;
  /** Their settings. */
  readonly config: DrillsConfig;
  /** The environment, of whose systems the drills are made. */
  readonly environment: EnvironmentConfig;
  /** Name of the bucket of Terraform's states. */
  readonly stateBucket: string;
  /** What must be there before anything else stands in a namespace whose pods are killed. */
  readonly namespaceReady: (namespace: string) => readonly ITerraformDependable[];
}

/**
 * Fire drills: what breaks things on purpose, and is not armed until somebody runs a drill (`opsdx drill run`). What is broken, and what must
 * come of it, stands in `catalogue.ts` and `restore.ts`.
 */
export class Drills extends Construct {
  public constructor(scope: Construct, id: string, props: DrillsProps) {
    super(scope, id);
    const { config, environment, platform, stateBucket } = props;
    const { account, clusters, network } = platform;
    const cluster = clusters.k8s;
    const provider = cluster.kubernetes;
    const drills = drillsOf(environment, stateBucket);
    describeSystem(this, drillsFacts({ environment, config, drills, cluster: cluster.name }));
    const namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: DRILLS,
      level: "restricted",
      quota: { "count/jobs.batch": "20", "services.loadbalancers": "0", "services.nodeports": "0" },
    });
    const drilled = drills.flatMap(({ injection }) => (injection.kind === "chaoskube" ? [injection.namespace] : []));
    new Chaoskube(this, "Chaoskube", {
      cluster,
      region: account.region,
      namespace,
      drilled: Object.fromEntries(drilled.map((name) => [name, props.namespaceReady(name)])),
    });
    new Experiments(this, "Experiments", {
      environment,
      drills: drills.filter(isExperiment),
      nodeSubnetIds: network.nodeSubnetIds,
    });
    this.fillVolume(cluster.kubernetes, account.region, namespace);
  }

  /** A Job that brings a volume and fills it; the volume goes with its pod. */
  private fillVolume(
    provider: Platform["clusters"]["k8s"]["kubernetes"],
    region: string,
    namespace: WorkloadNamespace,
  ): void {
    const labels = { app: FILL_VOLUME };
    const metadata = { name: FILL_VOLUME, namespace: namespace.name, labels };
    const pod = podSpec({
      name: FILL_VOLUME,
      image: imageOf("node"),
      // Nine tenths of it, and then long enough for the alarm.
      command: ["sh", "-c", "head -c 850m /dev/zero > /volume/filled; sleep 3600"],
      serviceAccountName: podServiceAccount(this, "FillVolumeAccount", {
        provider,
        metadata,
        dependsOn: [...namespace.ready],
      }),
      priority: "tools",
      size: { cpu: "50m", memory: "64Mi" },
      variables: { region, own: {} },
      graceSeconds: 5,
      restartPolicy: "Never",
    });
    const template = new CronJobV1(this, "FillVolume", {
      provider,
      metadata,
      spec: suspendedTemplate({
        metadata: { labels },
        spec: {
          activeDeadlineSeconds: 4000,
          backoffLimit: 0,
          ttlSecondsAfterFinished: "600",
          template: {
            metadata: { labels },
            spec: {
              ...pod,
              volume: [
                ...pod.volume,
                {
                  name: "volume",
                  ephemeral: {
                    volumeClaimTemplate: {
                      metadata: { labels },
                      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
                    },
                  },
                },
              ],
              container: pod.container.map((container) => ({
                ...container,
                volumeMount: [...container.volumeMount, { name: "volume", mountPath: "/volume" }],
              })),
            },
          },
        },
      }),
      dependsOn: [...namespace.ready],
    });
    acknowledgeUnlockedImage(template, "node");
  }
}

function isExperiment(drill: Drill): drill is Drill & { readonly injection: Experiment } {
  return drill.injection.kind === "fis";
}
