import {
  BatchV1Api,
  CoreV1Api,
  V1ContainerState,
  V1ContainerStateTerminated,
  V1ContainerStatus,
  V1ObjectMeta,
  V1PodStatus,
  type V1Job,
  type V1Pod,
} from "@kubernetes/client-node";
import getPort from "get-port";
import type { LaunchEvent } from "../../lambdas/etl-launcher/event";
import type { LaunchFailure } from "../../lambdas/etl-launcher/failure";
import { handle, look } from "../../lambdas/etl-launcher/handler";
import type { LaunchResult } from "../../lambdas/etl-launcher/launch";
import { apiProblem, applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { SETTLE_MS } from "../../lambdas/etl-launcher/runs";
import { newAuthority } from "../lambdas/etl-launcher/certificate";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { stage3Objects } from "./stage3-objects";
import {
  change,
  describeOnCluster,
  eventually,
  launcherEnvironment,
  review,
  START_MS,
  startTestCluster,
  STRANGER,
  tokenOf,
  withToken,
  type TestCluster,
} from "./support";

jest.setTimeout(START_MS);

const NAMESPACE = "etl";
const TEMPLATE = "epic2op-dev";
/** What stage3 declares on this cluster. */
const STAGE3 = stage3Objects()["kubernetes.k8s"] ?? [];
/** Namespace of pods that take the nodes up. */
const FILLERS = "fillers";
/** Far longer than any test. */
const FOREVER = "1h";

const at = (time: string): LaunchEvent => ({ etl: "epic2op", scheduledTime: `2026-03-08T${time}:00Z`, attempt: 1 });
const EVENT = at("14:15");
const JOB = "epic2op-dev-20260308-1415";

/** Every quarter of an hour from midnight on. */
const quarters = (count: number): readonly LaunchEvent[] =>
  Array.from({ length: count }, (_, index) =>
    at(`${`${Math.floor(index / 4)}`.padStart(2, "0")}:${`${(index % 4) * 15}`.padStart(2, "0")}`),
  );

describeOnCluster("the launcher", () => {
  let cluster: TestCluster;
  let core: CoreV1Api;
  let batch: BatchV1Api;
  let environment: Record<string, string>;
  let lines: string[];

  beforeAll(async () => {
    cluster = await startTestCluster();
    core = cluster.client.config.makeApiClient(CoreV1Api);
    batch = cluster.client.config.makeApiClient(BatchV1Api);
    environment = launcherEnvironment(cluster.controlPlane);
    await applyAll(cluster.client, STAGE3);
    await eventually("the launcher may read its template", async () => (await may("get", "cronjobs")) || undefined);
  });
  afterAll(async () => {
    await removeControlPlane(cluster.props.directory);
  });

  beforeEach(async () => {
    lines = [];
    await jobsTake("1s");
    await batch.deleteCollectionNamespacedJob({ namespace: NAMESPACE, propagationPolicy: "Background" });
    await eventually("the Jobs of the former test are gone", async () => {
      const left = [...(await jobs()), ...(await pods())];
      return left.length === 0 ? true : undefined;
    });
  });

  const jobs = async (): Promise<V1Job[]> => (await batch.listNamespacedJob({ namespace: NAMESPACE })).items;
  const pods = async (): Promise<V1Pod[]> => (await core.listNamespacedPod({ namespace: NAMESPACE })).items;
  const names = async (): Promise<string[]> => (await jobs()).map(({ metadata }) => metadata?.name ?? "").sort();

  const run = (event: LaunchEvent, changed: Record<string, string> = {}): Promise<LaunchResult> =>
    handle(event, {
      environment: { ...environment, ...changed },
      write: (line) => lines.push(line),
      callTimeoutMs: 30_000,
    });
  const failure = (event: LaunchEvent, changed: Record<string, string> = {}): Promise<LaunchFailure> =>
    run(event, changed).then(
      (result) => Promise.reject(new Error(`did not fail: ${JSON.stringify(result)}`)),
      (error: unknown) => error as LaunchFailure,
    );
  /** As Lambda does it: the same event again, when two writers of the quota came in each other's way. */
  const persistently = (event: LaunchEvent): Promise<LaunchResult> =>
    run(event).catch((error: unknown) => {
      if ((error as LaunchFailure).reason === "QuotaConflict") return persistently(event);
      throw error;
    });
  /** The last log line, which is also the metric. */
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown>;

  /** How long the work of Jobs from the template takes. */
  async function jobsTake(duration: string): Promise<void> {
    const template = { metadata: { annotations: { "opsdx.io/kwok-duration": duration } } };
    await change(cluster.client, {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: TEMPLATE, namespace: NAMESPACE },
      spec: { jobTemplate: { spec: { template } } },
    });
  }

  const completed = (name: string): Promise<V1Job> =>
    eventually(`${name} completes`, async () => {
      const job = await batch.readNamespacedJob({ name, namespace: NAMESPACE });
      const isComplete = job.status?.conditions?.some(({ type, status }) => type === "Complete" && status === "True");
      return isComplete === true ? job : undefined;
    });

  /** Whether the launcher's role has a right. */
  async function may(verb: string, resource: string, namespace = NAMESPACE, group = "batch"): Promise<boolean> {
    const config = withToken(cluster.controlPlane, await tokenOf(environment));
    const spec = { resourceAttributes: { verb, resource, namespace, group } };
    return (await review<{ allowed: boolean }>(config, "authorization.k8s.io", "SelfSubjectAccessReview", spec))
      .allowed;
  }

  describe("given a schedule's event", () => {
    it("makes the slot's Job from the template, which runs on the etl group and completes", async () => {
      await expect(run(EVENT)).resolves.toEqual({ outcome: "Launched", job: JOB, slot: "20260308-1415" });
      expect(last()).toMatchObject({ outcome: "Launched", Etl: "epic2op", Launched: 1, Skipped: 0, LaunchFailed: 0 });

      const { metadata, spec } = await completed(JOB);
      const template = await batch.readNamespacedCronJob({ name: TEMPLATE, namespace: NAMESPACE });
      expect(metadata?.labels).toMatchObject({ etl: "epic2op", "opsdx.io/slot": "20260308-1415" });
      expect(metadata?.ownerReferences).toEqual([
        { apiVersion: "batch/v1", kind: "CronJob", name: TEMPLATE, uid: template.metadata?.uid },
      ]);
      const { containers } = spec?.template.spec ?? {};
      expect(containers?.map(({ image }) => image)).toEqual(
        template.spec?.jobTemplate.spec?.template.spec?.containers.map(({ image }) => image),
      );
      expect(containers?.[0]?.env).toContainEqual({ name: "ETL_SLOT", value: "2026-03-08T14:15:00Z" });
      const [pod, ...others] = await pods();
      expect(others).toEqual([]);
      expect(pod?.spec?.nodeName).toMatch(/^etl-\d+$/);
      expect(pod?.status?.phase).toBe("Succeeded");
    });

    it("does nothing for the same event again, while its Job runs and after", async () => {
      await expect(run(EVENT)).resolves.toMatchObject({ outcome: "Launched" });
      await expect(run(EVENT)).resolves.toMatchObject({ outcome: "Duplicate", job: JOB });
      await completed(JOB);
      await expect(run({ ...EVENT, attempt: 2 })).resolves.toMatchObject({ outcome: "Duplicate", job: JOB });
      expect(last()).toMatchObject({ Duplicate: 1, Launched: 0 });
      await expect(names()).resolves.toEqual([JOB]);
    });

    it("skips a slot while another's Job runs, and launches the next when that is done", async () => {
      await jobsTake("3s");
      await run(EVENT);
      await expect(run(at("14:30"))).resolves.toMatchObject({ outcome: "Skipped", running: JOB });
      expect(last()).toMatchObject({ level: "WARN", Skipped: 1, Launched: 0 });
      await completed(JOB);
      await expect(run(at("14:45"))).resolves.toMatchObject({ outcome: "Launched" });
      await expect(names()).resolves.toEqual([JOB, "epic2op-dev-20260308-1445"]);
    });
  });

  describe("given a hundred events", () => {
    it("of one slot at once makes one Job", async () => {
      await jobsTake(FOREVER);
      const results = await Promise.all(Array.from({ length: 100 }, () => persistently(EVENT)));
      const outcomes = results.map(({ outcome }) => outcome).sort();
      expect(outcomes).toEqual([...Array<string>(99).fill("Duplicate"), "Launched"]);
      await expect(names()).resolves.toEqual([JOB]);
    });

    // The function's reserved concurrency is one, so this is how a hundred events that arrive together are worked off.
    it("of twenty slots, one after the other, launches the first, and skips the others while it runs", async () => {
      await jobsTake(FOREVER);
      const slots = quarters(20);
      const outcomes: string[] = [];
      for (const event of [...slots, ...slots, ...slots, ...slots, ...slots]) outcomes.push((await run(event)).outcome);
      const repeat = ["Duplicate", ...Array<string>(19).fill("Skipped")];
      expect(outcomes).toEqual(["Launched", ...repeat.slice(1), ...repeat, ...repeat, ...repeat, ...repeat]);
      await expect(names()).resolves.toEqual(["epic2op-dev-20260308-0000"]);
    });

    // Nothing but the reserved concurrency keeps two slots apart that look at the same moment; the name still keeps a slot to one Job.
    it("of twenty slots at once makes one Job of every slot that it says it launched, and of no other", async () => {
      await jobsTake(FOREVER);
      const slots = quarters(20);
      const events = [...slots, ...slots, ...slots, ...slots, ...slots];
      const results = await Promise.all(events.map((event) => run(event)));

      const launched = results.filter(({ outcome }) => outcome === "Launched").map(({ job }) => job);
      expect(launched.length).toBeGreaterThanOrEqual(1);
      expect(new Set(launched).size).toBe(launched.length);
      await expect(names()).resolves.toEqual([...launched].sort());
      const duplicates = results.filter(({ outcome }) => outcome === "Duplicate").map(({ job }) => job);
      expect(duplicates.filter((job) => !launched.includes(job))).toEqual([]);
      const counted = results.filter(({ outcome }) => ["Launched", "Duplicate", "Skipped"].includes(outcome));
      expect(counted).toHaveLength(100);
    });
  });

  it("that looks at the runs sees why one was killed: its Job says so no longer", async () => {
    await jobsTake(FOREVER);
    await run(EVENT);
    // The template's two tries.
    for (const tries of [1, 2]) {
      const pod = await eventually(`try ${tries} runs`, async () => {
        const all = await pods();
        return all.length === tries ? all.find(({ status }) => status?.phase === "Running") : undefined;
      });
      const { metadata = new V1ObjectMeta(), status = new V1PodStatus() } = pod;
      const [container = new V1ContainerStatus()] = status.containerStatuses ?? [];
      const terminated = Object.assign(new V1ContainerStateTerminated(), { reason: "OOMKilled", exitCode: 137 });
      container.state = Object.assign(new V1ContainerState(), { terminated });
      status.phase = "Failed";
      // Others write the pod meanwhile.
      metadata.resourceVersion = undefined;
      await core.replaceNamespacedPodStatus({ name: metadata.name ?? "", namespace: NAMESPACE, body: pod });
    }
    const failed = await eventually("the Job fails", async () => {
      const job = await batch.readNamespacedJob({ name: JOB, namespace: NAMESPACE });
      return job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
    });
    expect(failed.reason).toBe("BackoffLimitExceeded");

    const moment = new Date(Date.now() + SETTLE_MS + 1000).toISOString();
    const seen = await look(
      { etl: "epic2op", look: moment },
      { environment, write: (line) => lines.push(line), callTimeoutMs: 30_000 },
    );
    expect(seen.failed).toEqual([expect.objectContaining({ job: JOB, reason: "OOMKilled", exitCode: 137 })]);
  });

  describe("has no right", () => {
    const refused: readonly (readonly [verb: string, resource: string, namespace: string, group: string])[] = [
      ["delete", "jobs", NAMESPACE, "batch"],
      ["deletecollection", "jobs", NAMESPACE, "batch"],
      ["watch", "jobs", NAMESPACE, "batch"],
      ["update", "jobs", NAMESPACE, "batch"],
      ["patch", "jobs", NAMESPACE, "batch"],
      ["list", "cronjobs", NAMESPACE, "batch"],
      ["update", "cronjobs", NAMESPACE, "batch"],
      ["create", "pods", NAMESPACE, ""],
      ["get", "pods", NAMESPACE, ""],
      ["list", "pods", "default", ""],
      ["get", "secrets", NAMESPACE, ""],
      ["list", "secrets", NAMESPACE, ""],
      ["create", "jobs", "default", "batch"],
      ["get", "cronjobs", "kube-system", "batch"],
      ["list", "nodes", "", ""],
    ];

    it.each(refused)('to %s %s in namespace "%s"', async (verb, resource, namespace, group) => {
      await expect(may(verb, resource, namespace, group)).resolves.toBe(false);
    });

    it("and is refused when it tries", async () => {
      await run(EVENT);
      const config = withToken(cluster.controlPlane, await tokenOf(environment));
      const asLauncher = config.makeApiClient(BatchV1Api);
      const tries = [
        asLauncher.deleteNamespacedJob({ name: JOB, namespace: NAMESPACE }),
        asLauncher.listNamespacedJob({ namespace: NAMESPACE, watch: true, timeoutSeconds: 1 }),
        asLauncher.listNamespacedJob({ namespace: "default" }),
        asLauncher.listNamespacedCronJob({ namespace: NAMESPACE }),
        config.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace: NAMESPACE }),
      ];
      const answers = await Promise.allSettled(tries);
      expect(answers.map((each) => (each.status === "rejected" ? apiProblem(each.reason).status : 200))).toEqual([
        403, 403, 403, 403, 403,
      ]);
      await expect(names()).resolves.toEqual([JOB]);
    });

    it("but has the five that it needs", async () => {
      const jobs = ["create", "get", "list"].map((verb) => may(verb, "jobs"));
      const rights = [may("get", "cronjobs"), ...jobs, may("list", "pods", NAMESPACE, "")];
      await expect(Promise.all(rights)).resolves.toEqual([true, true, true, true, true]);
    });
  });

  describe("fails with its reason", () => {
    it("when the template is missing", async () => {
      const error = await failure({ ...EVENT, etl: "nosuch" });
      expect(error).toMatchObject({ reason: "TemplateMissing", retryable: false });
      expect(error.message).toContain('cronjobs.batch "nosuch-dev" not found');
      expect(last()).toMatchObject({
        outcome: "LaunchFailed",
        Reason: "TemplateMissing",
        LaunchFailed: 1,
        Etl: "nosuch",
      });
    });

    it("when its right is taken away", async () => {
      const bindings = STAGE3.filter(
        ({ kind, metadata }) =>
          kind === "RoleBinding" && metadata.namespace === NAMESPACE && metadata.name === "etl-launcher",
      );
      expect(bindings).toHaveLength(1);
      for (const binding of bindings) await cluster.client.objects.delete(structuredClone(binding));
      try {
        await eventually("the right is gone", async () => !(await may("get", "cronjobs")) || undefined);
        await expect(failure(EVENT)).resolves.toMatchObject({ reason: "Forbidden", retryable: false });
      } finally {
        await applyAll(cluster.client, bindings);
      }
      await eventually("the right is back", async () => (await may("get", "cronjobs")) || undefined);
      await expect(names()).resolves.toEqual([]);
    });

    it("when its credentials are nobody's any more, after a second try with a new token", async () => {
      const error = await failure(EVENT, {
        AWS_ACCESS_KEY_ID: "AKIAQQQQQQQQQEXAMPLE",
        AWS_SECRET_ACCESS_KEY: STRANGER.secretAccessKey,
      });
      expect(error).toMatchObject({ reason: "Unauthorized", retryable: true });
      expect(lines.join("\n")).toContain("launch.token-refreshed");
      expect(lines.join("\n")).not.toContain("k8s-aws-v1.aHR0");
    });

    it("when it asks as another cluster", async () => {
      await expect(failure(EVENT, { CLUSTER_ID: "k8s.prod.opsdx.io" })).resolves.toMatchObject({
        reason: "Unauthorized",
      });
    });

    it("when nothing listens", async () => {
      const endpoint = `https://127.0.0.1:${await getPort({ host: "127.0.0.1" })}`;
      await expect(failure(EVENT, { CLUSTER_ENDPOINT: endpoint })).resolves.toMatchObject({
        reason: "Unreachable",
        retryable: true,
      });
    });

    it("when the API's certificate comes from another authority", async () => {
      const other = Buffer.from(newAuthority("another").certificate).toString("base64");
      await expect(failure(EVENT, { CLUSTER_CA: other })).resolves.toMatchObject({ reason: "Untrusted" });
    });

    it("when the namespace's quota is used up", async () => {
      await run(EVENT);
      await completed(JOB);
      const quota: KubernetesObject = {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "one-job", namespace: NAMESPACE },
        spec: { hard: { "count/jobs.batch": "1" } },
      };
      await applyAll(cluster.client, [quota]);
      try {
        await eventually("the quota counts", async () => {
          const { status } = await core.readNamespacedResourceQuota({ name: "one-job", namespace: NAMESPACE });
          return status?.used?.["count/jobs.batch"] === "1" ? true : undefined;
        });
        const error = await failure(at("14:30"));
        expect(error).toMatchObject({ reason: "QuotaExceeded", retryable: true });
        expect(error.message).toContain("exceeded quota: one-job");
      } finally {
        await cluster.client.objects.delete(structuredClone(quota));
      }
      await expect(names()).resolves.toEqual([JOB]);
    });
  });

  describe("on a full node group", () => {
    const filler = (node: string, cpu: string): KubernetesObject => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `filler-${node}`, namespace: FILLERS },
      spec: {
        // As important as can be, or an ETL would take its place.
        priorityClassName: "system-node-critical",
        nodeSelector: { "kubernetes.io/hostname": node },
        tolerations: [{ operator: "Exists" }],
        containers: [{ name: "main", image: "example.com/none:1", resources: { requests: { cpu } } }],
      },
    });

    it("leaves its Job's pod waiting, skips the next event with the metric, and goes on when there is room", async () => {
      const etl = (await core.listNode({ labelSelector: "opsdx_nodegroup=etl" })).items;
      const fillers = etl.map(({ metadata, status }) =>
        filler(metadata?.name ?? "", status?.allocatable?.["cpu"] ?? ""),
      );
      expect(fillers.length).toBeGreaterThan(0);
      await applyAll(cluster.client, [{ apiVersion: "v1", kind: "Namespace", metadata: { name: FILLERS } }]);
      await applyAll(cluster.client, fillers);
      await eventually("the group is full", async () => {
        const { items } = await core.listNamespacedPod({ namespace: FILLERS });
        return items.length === fillers.length && items.every(({ spec }) => spec?.nodeName !== undefined)
          ? true
          : undefined;
      });

      await expect(run(EVENT)).resolves.toMatchObject({ outcome: "Launched" });
      const waiting = await eventually("its pod is unschedulable", async () =>
        (await pods()).find(({ status }) => status?.conditions?.some(({ reason }) => reason === "Unschedulable")),
      );
      expect(waiting.status?.phase).toBe("Pending");
      expect(waiting.status?.conditions?.[0]?.message).toContain("Insufficient cpu");

      await expect(run(at("14:30"))).resolves.toMatchObject({ outcome: "Skipped", running: JOB });
      expect(last()).toMatchObject({
        event: "launch.finished",
        Etl: "epic2op",
        Skipped: 1,
        Launched: 0,
        Duplicate: 0,
        LaunchFailed: 0,
        _aws: { CloudWatchMetrics: [{ Namespace: "OpsDX/ETL", Dimensions: [["Etl"]] }] },
      });
      await expect(names()).resolves.toEqual([JOB]);

      for (const each of fillers) await cluster.client.objects.delete(structuredClone(each));
      await completed(JOB);
      await expect(run(at("14:45"))).resolves.toMatchObject({ outcome: "Launched" });
    });
  });
});
