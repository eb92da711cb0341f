import { CronJobV1, type CronJobV1SpecJobTemplateSpecTemplateSpec } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { imageOf } from "../../../config/images";
import type { DrillsConfig } from "../../../config/schema/drills";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { podServiceAccount, podSpec, type PodProps } from "../../shared/kubernetes/pod";
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
import { DRILLS, ETL_NODES, FILL_VOLUME, WAIT_FOR_NODE } from "./names";

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
 * come of it, stands in `catalogue.ts`, `etl.ts` and `restore.ts`.
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
    const scene: TemplateScene = { provider, region: account.region, namespace };
    this.fillVolume(scene);
    this.waitForNode(scene);
  }

  /** A Job that brings a volume and fills it; the volume goes with its pod. */
  private fillVolume(scene: TemplateScene): void {
    const pod = this.pod(scene, FILL_VOLUME, {
      // Nine tenths of it, and then long enough for the alarm.
      command: ["sh", "-c", "head -c 850m /dev/zero > /volume/filled; sleep 3600"],
    });
    const labels = { app: FILL_VOLUME };
    this.template(scene, "FillVolume", FILL_VOLUME, {
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
    });
  }

  /** A Job that wants a node of the ETLs, where it does nothing: pods of an ETL are ended before the alarm on those that wait. */
  private waitForNode(scene: TemplateScene): void {
    const pod = this.pod(scene, WAIT_FOR_NODE, { command: ["sleep", "3600"], nodeLabel: ETL_NODES });
    this.template(scene, "WaitForNode", WAIT_FOR_NODE, pod);
  }

  private pod(
    { namespace, provider, region }: TemplateScene,
    name: string,
    props: Pick<PodProps, "command" | "nodeLabel">,
  ): ReturnType<typeof podSpec> {
    return podSpec({
      name,
      image: imageOf("node"),
      serviceAccountName: podServiceAccount(this, constructId(name, "account"), {
        provider,
        metadata: { name, namespace: namespace.name, labels: { app: name } },
        dependsOn: [...namespace.ready],
      }),
      priority: "tools",
      size: { cpu: "50m", memory: "64Mi" },
      variables: { region, own: {} },
      graceSeconds: 5,
      restartPolicy: "Never",
      ...props,
    });
  }

  /** The suspended template of Jobs; one that nobody ends is over after an hour and some minutes, counted from its start. */
  private template(
    { namespace, provider }: TemplateScene,
    id: string,
    name: string,
    spec: CronJobV1SpecJobTemplateSpecTemplateSpec,
  ): void {
    const labels = { app: name };
    const template = new CronJobV1(this, id, {
      provider,
      metadata: { name, namespace: namespace.name, labels },
      spec: suspendedTemplate({
        metadata: { labels },
        spec: {
          activeDeadlineSeconds: 4000,
          backoffLimit: 0,
          ttlSecondsAfterFinished: "600",
          template: { metadata: { labels }, spec },
        },
      }),
      dependsOn: [...namespace.ready],
    });
    acknowledgeUnlockedImage(template, "node");
  }
}

/** Where templates of Jobs stand. */
interface TemplateScene {
  readonly provider: Platform["clusters"]["k8s"]["kubernetes"];
  readonly region: string;
  readonly namespace: WorkloadNamespace;
}

function isExperiment(drill: Drill): drill is Drill & { readonly injection: Experiment } {
  return drill.injection.kind === "fis";
}
