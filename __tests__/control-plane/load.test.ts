import { setTimeout as delay } from "node:timers/promises";
import { BatchV1Api, CoreV1Api, type V1Pod } from "@kubernetes/client-node";
import { loadConfig } from "../../config/load";
import { applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { nodesOf } from "../../tools/control-plane/nodes";
import { startJob } from "../../tools/load/cluster-run";
import type { Run } from "../../tools/load/run";
import { MemoryStore } from "../tools/exercise/fake-exercises";
import { stage3Objects } from "./stage3-objects";
import { CLUSTER, describeWithKubectl, eventually, START_MS, startTestCluster, type TestCluster } from "./support";

jest.setTimeout(START_MS);

const namespace = "load";
const environment = loadConfig().environments.find(({ name }) => name === "dev");
if (environment === undefined) throw new Error("config has no dev");
/** What runs need of `dev-stage3`. */
const OBJECTS = (stage3Objects()["kubernetes.k8s"] ?? []).filter(
  ({ kind, metadata }) =>
    kind === "PriorityClass" ||
    (kind === "Namespace" && metadata.name === namespace) ||
    (metadata.namespace === namespace && ["ConfigMap", "CronJob", "ResourceQuota", "ServiceAccount"].includes(kind)),
);

describeWithKubectl("a load test on a cluster", () => {
  let cluster: TestCluster;
  let core: CoreV1Api;
  let batch: BatchV1Api;
  const store = new MemoryStore();
  const said: string[] = [];

  beforeAll(async () => {
    cluster = await startTestCluster();
    core = cluster.client.config.makeApiClient(CoreV1Api);
    batch = cluster.client.config.makeApiClient(BatchV1Api);
    await applyAll(cluster.client, OBJECTS);
  });
  afterAll(async () => {
    await removeControlPlane(cluster.props.directory);
  });

  const start = (run: string): Promise<Run> =>
    startJob({
      environment,
      profile: "smoke",
      seconds: 60,
      run,
      store,
      watch: {
        now: () => Date.now(),
        sleep: (milliseconds) => delay(milliseconds),
        say: (line) => void said.push(line),
      },
      env: { ...process.env, KUBECONFIG: cluster.controlPlane.kubeconfig },
    });
  const pods = async (): Promise<readonly V1Pod[]> => (await core.listNamespacedPod({ namespace })).items;
  const jobs = async (): Promise<readonly (string | undefined)[]> =>
    (await batch.listNamespacedJob({ namespace })).items.map(({ metadata }) => metadata?.name);

  it("waits for a node of its own group, and is gone when it is stopped", async () => {
    const run = await start("first");
    await eventually("its pod waits", async () => {
      const [pod] = await pods();
      return pod?.status?.conditions?.some(({ reason }) => reason === "Unschedulable") === true ? true : undefined;
    });
    const { ended, waits } = await run.look();
    expect([ended, waits]).toEqual([false, expect.stringContaining("Unschedulable: ")]);
    // Asked for again, it is the same: its name is known.
    await (await start("first")).look();
    expect(said).toEqual([expect.stringContaining("AlreadyExists")]);
    await run.stop("somebody asked for it");
    await eventually("it has ended", async () => ((await run.look()).ended ? true : undefined));
    await run.clean(false);
    await eventually("nothing of it is left", async () =>
      (await jobs()).length + (await pods()).length === 0 ? true : undefined,
    );
  });

  it("ends on that node, both containers told which run it is, and what it left is read from the bucket", async () => {
    const { load } = CLUSTER.nodeGroups;
    if (load === undefined) throw new Error("dev has no group of load tests");
    const nodeGroups = { load: { ...load, minSize: 1 } };
    await applyAll(cluster.client, nodesOf({ config: { ...CLUSTER, nodeGroups }, zones: ["us-east-1a"] }));
    const run = await start("second");
    await eventually("it ends", async () => ((await run.look()).ended ? true : undefined));
    const [pod] = await pods();
    expect(pod?.spec?.nodeName).toBe("load-1");
    const told = pod?.spec?.containers.map(({ env, name }) => [
      name,
      env?.find((one) => one.name === "LOAD_RUN")?.value,
    ]);
    expect(told).toEqual([
      ["locust", "second"],
      ["report", "second"],
    ]);
    await store.write("load/second/summary.json", "{}");
    const { files, kept } = await run.report();
    expect([Object.keys(files), kept]).toEqual([["summary.json"], true]);
    await run.clean(true);
    expect(await jobs()).toEqual(["load-second"]);
  });
});
