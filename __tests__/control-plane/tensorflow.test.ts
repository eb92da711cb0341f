import { AppsV1Api, BatchV1Api, CoreV1Api, V1Eviction, V1ObjectMeta, type V1Pod } from "@kubernetes/client-node";
import { loadConfig } from "../../config/load";
import { applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { manifestsOf } from "../../tools/control-plane/manifests";
import { nodesOf } from "../../tools/control-plane/nodes";
import type { JobTemplate } from "../../tools/cluster-jobs";
import { trainingJob } from "../../tools/tensorflow/train";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { builtTensorflow } from "../constructs/stage3/tensorflow/support";
import { describeOnCluster, eventually, START_MS, startTestCluster, type TestCluster } from "./support";

jest.setTimeout(START_MS);

const TRAINING = "tensorflow-training";
const SERVING = "tensorflow";
const dev = loadConfig().environments.find(({ name }) => name === "dev");
const config = dev?.clusters["k8s-ml-tf"];
if (dev === undefined || config === undefined) throw new Error("dev has no cluster of TensorFlow");

/** What is declared on its cluster; the driver binds no claim here, so pods go without. */
function objects(versions: { readonly stable: number; readonly previous?: number }): readonly KubernetesObject[] {
  const { terraform } = builtTensorflow({ trews: versions });
  const all = manifestsOf({ stack: terraform, resolve: () => "stand-in" }).get("kubernetes.k8s-ml-tf") ?? [];
  const text = JSON.stringify(all.filter(({ kind }) => !kind.startsWith("PersistentVolume")));
  return JSON.parse(
    text.replaceAll(/"persistentVolumeClaim":\{[^}]*\}/g, '"emptyDir":{}'),
  ) as readonly KubernetesObject[];
}

describeOnCluster("TensorFlow on a cluster", () => {
  let cluster: TestCluster;
  let core: CoreV1Api;
  let batch: BatchV1Api;
  let apps: AppsV1Api;

  beforeAll(async () => {
    cluster = await startTestCluster();
    const client = cluster.client.config;
    [core, batch, apps] = [
      client.makeApiClient(CoreV1Api),
      client.makeApiClient(BatchV1Api),
      client.makeApiClient(AppsV1Api),
    ];
    await applyAll(cluster.client, [
      ...["monitoring", "node-agents"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      // As kops 1.36.2 makes it: upup/models/cloudup/resources/addons/nvidia.addons.k8s.io/k8s-1.16.yaml.template.
      {
        apiVersion: "node.k8s.io/v1",
        kind: "RuntimeClass",
        metadata: { name: "nvidia" },
        handler: "nvidia",
        scheduling: {
          nodeSelector: { "kops.k8s.io/gpu": "1" },
          tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
        },
      },
      ...objects({ stable: 3 }),
    ]);
  });
  afterAll(async () => {
    await removeControlPlane(cluster.props.directory);
  });

  const podsOf = async (namespace: string): Promise<V1Pod[]> => (await core.listNamespacedPod({ namespace })).items;
  const addNodes = async (group: string): Promise<void> => {
    const { [group]: settings } = config.nodeGroups;
    if (settings === undefined) throw new Error(`no group ${group}`);
    const nodeGroups = { [group]: { ...settings, minSize: 1 } };
    await applyAll(cluster.client, nodesOf({ config: { ...config, nodeGroups }, zones: ["us-east-1a"] }));
  };
  const train = async (version: number): Promise<void> => {
    const cronJob = await batch.readNamespacedCronJob({ name: "train", namespace: TRAINING });
    const template = JSON.parse(JSON.stringify(cronJob)) as JobTemplate;
    Object.assign(template.spec.jobTemplate.spec.template, {
      metadata: { labels: { app: "train" }, annotations: { "opsdx.io/kwok-duration": "1h" } },
    });
    const job = trainingJob(template, { model: "trews", version, dataset: "2026-11" }) as unknown as KubernetesObject;
    await applyAll(cluster.client, [{ ...job, metadata: { ...job.metadata, namespace: TRAINING } }]);
  };

  it("a Job waits while there is no node with GPUs, and lands on one as soon as it is there", async () => {
    await train(1);
    await eventually("its pod waits", async () => {
      const [pod] = await podsOf(TRAINING);
      return pod?.status?.conditions?.some(({ reason }) => reason === "Unschedulable") === true ? true : undefined;
    });
    expect((await podsOf(TRAINING)).map(({ spec }) => spec?.nodeName)).toEqual([undefined]);
    await addNodes("gpu-ondemand");
    const node = await eventually("its pod has a node", async () => (await podsOf(TRAINING))[0]?.spec?.nodeName);
    expect(node).toBe("gpu-ondemand-1");
  });

  it("a server never stands on a node with GPUs, and waits for one of its own", async () => {
    await eventually("its pod waits", async () => {
      const [pod] = await podsOf(SERVING);
      return pod?.status?.conditions?.some(({ reason }) => reason === "Unschedulable") === true ? true : undefined;
    });
    await addNodes("serving");
    await eventually("a server is ready", async () => {
      const { status } = await apps.readNamespacedDeployment({ name: "trews", namespace: SERVING });
      return (status?.readyReplicas ?? 0) > 0 ? true : undefined;
    });
    expect((await podsOf(SERVING)).map(({ spec }) => spec?.nodeName)).toEqual(["serving-1"]);
  });

  it("serves another version after a promotion, and the former one after a rollback", async () => {
    const servedVersion = async (): Promise<string | undefined> => {
      const pods = (await podsOf(SERVING)).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
      const [pod] = pods;
      if (
        pods.length !== 1 ||
        pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") !== true
      ) {
        return undefined;
      }
      const name =
        pod.spec?.volumes?.find(({ configMap }) => configMap?.name?.startsWith("trews-") === true)?.configMap?.name ??
        "";
      const { data } = await core.readNamespacedConfigMap({ name, namespace: SERVING });
      return /versions: (\d+)/.exec(data?.["models.config"] ?? "")?.[1];
    };
    const becomes = (version: string): Promise<true> =>
      eventually(
        `version ${version} is served`,
        async () => ((await servedVersion()) === version ? true : undefined),
        60,
      );
    await becomes("3");
    await applyAll(cluster.client, objects({ stable: 4, previous: 3 }));
    await becomes("4");
    await applyAll(cluster.client, objects({ stable: 3 }));
    await becomes("3");
  });

  it("a pod that AWS took back costs no try: another goes on under the same Job", async () => {
    const [first] = await podsOf(TRAINING);
    const name = first?.metadata?.name ?? "";
    const body = new V1Eviction();
    body.metadata = named(name);
    await core.createNamespacedPodEviction({ name, namespace: TRAINING, body });
    const pod = await core.readNamespacedPod({ name, namespace: TRAINING });
    expect(pod.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "DisruptionTarget", status: "True" }),
    );
    // The program wrote its checkpoint and ended by the signal: kubelet says so.
    if (pod.status !== undefined) pod.status.phase = "Failed";
    await core.replaceNamespacedPodStatus({ name, namespace: TRAINING, body: pod });
    const next = await eventually("another pod is there", async () =>
      (await podsOf(TRAINING)).find(({ metadata }) => metadata?.name !== name),
    );
    expect(next.spec?.initContainers?.find((container) => container.name === "train")?.env).toContainEqual(
      expect.objectContaining({ name: "TRAIN_VERSION", value: "1" }),
    );
    const { status } = await batch.readNamespacedJob({ name: "trews-1", namespace: TRAINING });
    expect(status?.failed ?? 0).toBe(0);
    expect(status?.conditions ?? []).not.toContainEqual(expect.objectContaining({ type: "Failed" }));
  });
});

function named(name: string): V1ObjectMeta {
  const metadata = new V1ObjectMeta();
  metadata.name = name;
  metadata.namespace = TRAINING;
  return metadata;
}
