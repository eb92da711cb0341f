import { readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CoreV1Api } from "@kubernetes/client-node";
import { buildCli } from "../../tools/cli";
import { applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { runShell, type DrillConnection } from "../../tools/drill/connection";
import type { Scorecard } from "../../tools/drill/scorecard";
import { FakeDrills, silently } from "../tools/drill/fake-drills";
import { stage3Objects } from "./stage3-objects";
import { CLUSTER_NAME, describeWithKubectl, eventually, START_MS, startTestCluster, type TestCluster } from "./support";

jest.setTimeout(START_MS);

const WEB = { namespace: "default", labelSelector: "app=trews-rest-api" };
const ACCOUNT = "system:serviceaccount:drills:chaoskube-job";
/** What a drill of the web service needs of `dev-stage3`. */
const OBJECTS = (stage3Objects()["kubernetes.k8s"] ?? []).filter(
  ({ kind, metadata: { name, namespace } }) =>
    kind === "PriorityClass" ||
    (kind === "Namespace" && ["drills", "etl"].includes(name)) ||
    namespace === "drills" ||
    (name === "chaoskube" && ["Role", "RoleBinding"].includes(kind)) ||
    (name === "trews-rest-api" && ["Deployment", "ServiceAccount"].includes(kind)),
);

describeWithKubectl("a drill on a cluster", () => {
  let cluster: TestCluster;
  let core: CoreV1Api;
  let env: NodeJS.ProcessEnv;
  let fake: FakeDrills;
  const began = Date.now();

  beforeAll(async () => {
    cluster = await startTestCluster();
    core = cluster.client.config.makeApiClient(CoreV1Api);
    env = { ...process.env, KUBECONFIG: cluster.controlPlane.kubeconfig };
    await applyAll(cluster.client, OBJECTS);
    await eventually("the web service is ready", async () => {
      const { items } = await core.listNamespacedPod(WEB);
      return items.some(({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
      )
        ? true
        : undefined;
    });
  });
  afterAll(async () => {
    await removeControlPlane(cluster.props.directory);
  });
  silently();
  beforeEach(() => {
    fake = new FakeDrills();
  });

  const pods = async (): Promise<string[]> =>
    (await core.listNamespacedPod(WEB)).items
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata?.uid ?? "");

  /** The drill against the cluster; alarms and bucket are in memory, and the test sets the alarms. */
  async function drill(words: string, ring: DrillConnection["ring"]): Promise<Scorecard> {
    const connection: DrillConnection = {
      ...fake.connection,
      shell: (command, options = {}) => runShell(command, { ...env, ...options.variables }, options),
      ring,
    };
    const now = (): number => fake.now + (Date.now() - began);
    await buildCli([
      fake.command({
        connect: () => Promise.resolve(connection),
        watch: { now, sleep: (milliseconds) => delay(milliseconds), say: (line) => void fake.said.push(line) },
        env,
        pollMs: 500,
      }),
    ]).parseAsync(["drill", ...words.split(" ")], { from: "user" });
    const [key = ""] = [...fake.store.objects.keys()].filter((name) => name.endsWith("/scorecard.json"));
    return JSON.parse(fake.store.objects.get(key)?.text ?? "{}") as Scorecard;
  }

  it("kills the web service's pods with the rights of its Job, and sees them replaced", async () => {
    const before = await pods();
    expect(before.length).toBeGreaterThan(0);
    const rung: string[] = [];
    const card = await drill("run dev web-pod-kill", ({ name }, state) => {
      rung.push(`${name} ${state}`);
      fake.alarms.states.set(name, { name, state, since: fake.now + (Date.now() - began) });
      return Promise.resolve();
    });
    expect(card).toMatchObject({ verdict: "held", simulated: true, faults: [] });
    expect(card.alarms.map(({ firedAfterSeconds }) => typeof firedAfterSeconds)).toEqual(["number", "number"]);
    expect(card.recoverSeconds).toBeLessThan(120);
    const after = await pods();
    expect(after.length).toBe(before.length);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    expect(rung).toContain("opsdx-dev-web-no-healthy-target OK");
    const jobs = await runShell(
      { command: `kubectl --context ${CLUSTER_NAME} -n drills get jobs -o name`, language: "sh" },
      env,
      {},
    );
    expect(jobs).toBe("");
    expect(readdirSync(path.join(fake.root, "docs/drills/dev"))).toHaveLength(1);
  });

  it("lets what kills see and delete pods where they are drilled, and nowhere else", async () => {
    const may = (verb: string, resource: string, namespace: string): Promise<string> =>
      runShell(
        {
          command: `kubectl --context ${CLUSTER_NAME} -n ${namespace} auth can-i ${verb} ${resource} --as ${ACCOUNT} || true`,
          language: "sh",
        },
        env,
        {},
      );
    const answers = ["default", "etl", "kube-system", "drills", "monitoring"].map((namespace) =>
      may("delete", "pods", namespace),
    );
    expect(await Promise.all(answers)).toEqual(["yes", "yes", "no", "no", "no"]);
    expect(await Promise.all([may("get", "secrets", "default"), may("create", "pods", "default")])).toEqual([
      "no",
      "no",
    ]);
  });
});
