import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { LOAD_SECRETS } from "../../../config/service-secrets/load";
import { imageOf } from "../../../config/images";
import type { LocustConfig } from "../../../config/schema/load";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { HelmRelease, type HelmValue, type PinnedChart } from "../../shared/helm/helm-release";
import type { Entrance } from "../../shared/http/entrance";
import { notSecretAnnotation } from "../../shared/kubernetes/container-env";
import { fromNodes, HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import { RESTRICTED_CONTAINER, RESTRICTED_POD, SCRATCH } from "../../shared/kubernetes/pod-security";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import type { Alarm } from "../../shared/observability/alarm";
import type { Platform } from "../../shared/platform";
import { LOAD, LOCUST, planFile, SECRETS, TEST } from "./names";

/** The chart of Locust 2.32.2, which runs the image that is pinned here. */
export const LOCUST_CHART: PinnedChart = {
  name: "locust",
  version: "0.35.0",
  repository: "oci://ghcr.io/deliveryhero/helm-charts",
};

/** Port of the page. */
const PORT = 8089;
/** Port on which the master hears of its workers. */
const MASTER_PORT = 5557;
/** Path of the login, which answers 200 to everybody. */
const HEALTH_PATH = "/login";

/** Properties of {@link LocustPage}. */
export interface LocustPageProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "clusters">;
  /** Its settings. */
  readonly config: LocustConfig;
  /** Address of the service that is tested. */
  readonly url: string;
  /** Its namespace. */
  readonly namespace: WorkloadNamespace;
  /** What people reach it through. */
  readonly entrance: Entrance;
  /** Digest of the test: with another one its pods start anew, which the chart does not see. */
  readonly test: string;
  /** The test, and the secrets. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Locust's page, by its chart: people try the test with the profile `smoke`, whose users, time and address the test itself keeps, whatever
 * they type, and watch. Locust asks nobody who they are; the test brings a login. Runs that count are Jobs: the chart's own headless ones start again whenever they end.
 */
export class LocustPage extends Construct {
  /** What tells when it can't be reached. */
  public readonly alarms: readonly Alarm[];

  /** @throws PropsError when the environment's settings name no host for it */
  public constructor(scope: Construct, id: string, props: LocustPageProps) {
    super(scope, id);
    const { entrance, namespace, platform } = props;
    const { helm, kubernetes: provider, name: cluster } = platform.clusters.k8s;
    const host = entrance.host(this, {
      service: LOCUST,
      title: "Locust",
      users: "engineers",
      protocol: "HTTP",
      healthPath: HEALTH_PATH,
      place: { cluster, namespace: LOAD },
      workload: `deployment/${LOCUST}-master`,
    });
    this.alarms = host.alarms;
    const ways = [
      new PodNetworkPolicy(this, "Network", {
        provider,
        namespace,
        name: LOCUST,
        podLabels: LABELS,
        in: [{ peer: "namespace", ports: [MASTER_PORT] }],
        out: [HTTPS, { peer: "namespace", ports: [MASTER_PORT] }],
      }),
      new PodNetworkPolicy(this, "MasterNetwork", {
        provider,
        namespace,
        name: `${LOCUST}-master`,
        podLabels: MASTER_LABELS,
        in: [fromNodes(PORT)],
      }),
    ];
    const release = new HelmRelease(this, "Resource", {
      provider: helm,
      releaseName: LOCUST,
      namespace: namespace.name,
      chart: LOCUST_CHART,
      values: pageValues(props),
      accepted: [
        {
          rule: "RenderedPriority",
          on: "Deployment/locust-*",
          reason:
            "The chart has no key for it. Without a class a pod has less than all others here, and makes way for them.",
        },
      ],
      dependsOn: [...namespace.ready, ...props.dependsOn, ...ways.map(({ resource }) => resource)],
    });
    // The chart's own would give a port of each node to the master's other ports, too.
    new ServiceV1(this, "Service", {
      provider,
      metadata: { name: `${LOCUST}-entrance`, namespace: namespace.name, labels: LABELS },
      spec: {
        type: "NodePort",
        selector: MASTER_LABELS,
        port: [{ name: "http", port: 80, targetPort: `${PORT}`, nodePort: host.nodePort }],
      },
      dependsOn: [...namespace.ready, release.resource],
    });
  }
}

/** Labels that the chart gives all pods of the release, and those of the master. */
const LABELS = { "app.kubernetes.io/name": LOCUST, "app.kubernetes.io/instance": LOCUST };
const MASTER_LABELS = { ...LABELS, component: "master" };

/** The chart's values. */
export function pageValues({
  config: { pod },
  test,
  url,
}: Pick<LocustPageProps, "config" | "test" | "url">): Readonly<Record<string, HelmValue>> {
  const { volume, volumeMount } = SCRATCH;
  const each = {
    // All of it: the chart makes no reference with a digest of its parts.
    image: imageOf("locust"),
    resources: { requests: { cpu: pod.cpu, memory: pod.memory }, limits: { memory: pod.memory } },
    annotations: { "opsdx.io/test": test },
    // The digest of an empty list, by which the chart notices secrets that it would make itself.
    deploymentAnnotations: notSecretAnnotation(["checksum/config-secret"]).annotations,
    extraVolumes: volume,
    extraVolumeMounts: volumeMount,
  };
  const user = Number(RESTRICTED_POD.runAsUser);
  const probe = { httpGet: { path: HEALTH_PATH, port: PORT, scheme: "HTTP" }, timeoutSeconds: 5 };
  return {
    fullnameOverride: LOCUST,
    loadtest: {
      name: LOAD,
      locust_host: url,
      locust_locustfile_path: TEST.folder,
      // Of two files the second has its whole path, as the chart puts the folder before the first.
      locust_locustfile: `locustfile.py,${TEST.folder}/ui.py`,
      locust_locustfile_configmap: TEST.configMap,
      locust_lib_configmap: "",
      mount_external_secret: {
        mountPath: SECRETS.folder,
        files: { [SECRETS.name]: [LOAD_SECRETS.patients, LOAD_SECRETS.key, LOAD_SECRETS.page] },
      },
      environment: {
        HOME: "/tmp",
        LOAD_OUT: "/tmp",
        LOAD_PLAN: `${TEST.folder}/${planFile("smoke")}`,
        LOAD_PRIVATE: SECRETS.folder,
        PYTHONDONTWRITEBYTECODE: "1",
      },
    },
    master: {
      ...each,
      args: ["--web-login"],
      strategy: { type: "Recreate" },
      readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 2 },
      livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
    },
    worker: each,
    podSecurityContext: { ...RESTRICTED_POD, runAsUser: user, runAsGroup: user, fsGroup: user },
    securityContext: RESTRICTED_CONTAINER,
  };
}
