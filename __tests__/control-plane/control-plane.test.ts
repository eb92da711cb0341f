import { existsSync, readFileSync } from "node:fs";
import { AppsV1Api, BatchV1Api, CoreV1Api, VersionApi, type V1Pod } from "@kubernetes/client-node";
import { refusals } from "../../tools/charts/refusals";
import { apiProblem, applyAll, connect } from "../../tools/control-plane/api";
import {
  controlPlaneStatus,
  removeControlPlane,
  startControlPlane,
  stopControlPlane,
} from "../../tools/control-plane/control-plane";
import { ControlPlanePaths } from "../../tools/control-plane/paths";
import { isAlive } from "../../tools/processes";
import { Children } from "../../tools/terraform/children";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { planted, smallReleases } from "./rendered-releases";
import {
  CLUSTER,
  IDENTITIES,
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

const NAMESPACE = "default";
const TOLERATION = { key: "opsdx_nodegroup", operator: "Equal", value: "etl", effect: "NoSchedule" };

interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
}

function podSpec(more: Record<string, unknown> = {}): Record<string, unknown> {
  const resources = { requests: { cpu: "100m", memory: "64Mi" } };
  return { containers: [{ name: "main", image: "example.com/none:1", resources }], ...more };
}

function job(name: string, annotations: Record<string, string>): KubernetesObject {
  const template = { metadata: { annotations }, spec: podSpec({ restartPolicy: "Never" }) };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: NAMESPACE },
    spec: { backoffLimit: 0, template },
  };
}

describeOnCluster("a control plane", () => {
  let cluster: TestCluster;
  let core: CoreV1Api;
  let batch: BatchV1Api;

  beforeAll(async () => {
    cluster = await startTestCluster();
    core = cluster.client.config.makeApiClient(CoreV1Api);
    batch = cluster.client.config.makeApiClient(BatchV1Api);
    // The controller manager makes it, and no pod is taken without it.
    await eventually("the default service account is there", () =>
      core.readNamespacedServiceAccount({ name: "default", namespace: NAMESPACE }).catch(() => undefined),
    );
  });
  afterAll(async () => {
    await removeControlPlane(cluster.props.directory);
  });

  const pod = (name: string): Promise<V1Pod> => core.readNamespacedPod({ name, namespace: NAMESPACE });
  const createPod = (name: string, spec: Record<string, unknown>): Promise<void> =>
    applyAll(cluster.client, [{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: NAMESPACE }, spec }]);
  const unschedulable = ({ status }: V1Pod): boolean =>
    status?.conditions?.some(({ reason }) => reason === "Unschedulable") === true;

  /** Who the API server says that a token's bearer is. */
  async function userOf(token: string): Promise<UserInfo> {
    const config = withToken(cluster.controlPlane, token);
    const { userInfo } = await review<{ userInfo: UserInfo }>(config, "authentication.k8s.io", "SelfSubjectReview");
    return userInfo;
  }

  const refusal = (token: string): Promise<number> =>
    userOf(token).then(
      (user) => Promise.reject(new Error(`was taken for ${user.username}`)),
      (error: unknown) => apiProblem(error).status,
    );

  describe("that has started", () => {
    it("answers with its version, and has the nodes of the configuration", async () => {
      const { major, minor } = await cluster.client.config.makeApiClient(VersionApi).getCode();
      expect(Number(major)).toBe(1);
      expect(Number(minor.replace(/\D.*$/, ""))).toBeGreaterThanOrEqual(33);
      const { items } = await core.listNode();
      const groups = items.map(({ metadata }) => metadata?.labels?.["kops.k8s.io/instancegroup"]).sort();
      const wanted = Object.entries(CLUSTER.nodeGroups).flatMap(([name, { minSize }]) =>
        Array<string>(minSize).fill(name),
      );
      expect(groups).toEqual(wanted.sort());
    });

    it("is found running, by a kubeconfig whose context has the cluster's name", async () => {
      const { directory, name } = cluster.props;
      const status = await controlPlaneStatus(directory);
      expect(status).toMatchObject({ kind: "running", controlPlane: cluster.controlPlane });
      expect(cluster.client.config.getCurrentContext()).toBe(name);
    });

    it("is returned by a second start, which takes a changed mapping over", async () => {
      const changed = IDENTITIES.map((each) => ({ ...each, username: "renamed" }));
      await expect(startControlPlane({ ...cluster.props, identityMappings: changed })).resolves.toEqual(
        cluster.controlPlane,
      );
      // Another moment, so another token: the API server remembers the answer about the former.
      const later = new Date(Date.now() - 5_000);
      await expect(userOf(await tokenOf(launcherEnvironment(cluster.controlPlane), later))).resolves.toMatchObject({
        username: "renamed",
      });
      await startControlPlane(cluster.props);
    });

    it("refuses its folder to another cluster", async () => {
      await expect(startControlPlane({ ...cluster.props, name: "k8s.prod.opsdx.io" })).rejects.toThrow(
        "holds the cluster k8s.dev.opsdx.io; k8s.prod.opsdx.io needs a folder of its own",
      );
    });
  });

  describe("asked with a token", () => {
    it("knows a mapped role, and gives it exactly its groups", async () => {
      const user = await userOf(await tokenOf(launcherEnvironment(cluster.controlPlane)));
      expect(user.username).toBe("etl-launcher");
      expect([...user.groups].sort()).toEqual(["opsdx:etl-launchers", "system:authenticated"]);
    });

    it("refuses one that has expired", async () => {
      const now = new Date(Date.now() - 90_000);
      await expect(refusal(await tokenOf(launcherEnvironment(cluster.controlPlane), now))).resolves.toBe(401);
    });

    it("refuses one that was signed for another cluster", async () => {
      const environment = { ...launcherEnvironment(cluster.controlPlane), CLUSTER_ID: "k8s.prod.opsdx.io" };
      await expect(refusal(await tokenOf(environment))).resolves.toBe(401);
    });

    it("refuses a role that is mapped to nobody", async () => {
      await expect(refusal(await tokenOf(launcherEnvironment(cluster.controlPlane, STRANGER)))).resolves.toBe(401);
    });

    it("refuses a key that nobody has, and what is no token", async () => {
      const unknown = { ...STRANGER, accessKeyId: "AKIAQQQQQQQQQEXAMPLE" };
      await expect(refusal(await tokenOf(launcherEnvironment(cluster.controlPlane, unknown)))).resolves.toBe(401);
      await expect(refusal("k8s-aws-v1.bm90IGEgVVJM")).resolves.toBe(401);
    });

    it("writes down why, and never the token", () => {
      const log = readFileSync(new ControlPlanePaths(cluster.props.directory).logOf("authenticator"), "utf8");
      expect(log).toMatch(
        /accepted arn:aws:sts::\d+:assumed-role\/opsdx-dev-etl-launcher\/\S+ as etl-launcher of opsdx:/,
      );
      expect(log).toMatch(/refused: the token expired \d+ seconds ago/);
      expect(log).toContain("refused: the token's signature is not one for the cluster k8s.dev.opsdx.io");
      expect(log).toContain("opsdx-dev-somebody/session is not mapped to a user");
      expect(log).not.toContain("k8s-aws-v1.");
      expect(log).not.toContain("X-Amz-Signature");
    });
  });

  describe("given work", () => {
    it("places a pod on a tainted group only when it tolerates the taint", async () => {
      const onEtl = { nodeSelector: { opsdx_nodegroup: "etl" } };
      await createPod("intolerant", podSpec(onEtl));
      await createPod("tolerant", podSpec({ ...onEtl, tolerations: [TOLERATION] }));
      const placed = await eventually("the tolerant pod is ready", async () => {
        const { spec, status } = await pod("tolerant");
        return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True")
          ? spec?.nodeName
          : undefined;
      });
      expect(placed).toMatch(/^etl-\d+$/);
      await eventually(
        "the intolerant pod has no node",
        async () => unschedulable(await pod("intolerant")) || undefined,
      );
      expect((await pod("intolerant")).spec?.nodeName).toBeUndefined();
    });

    it("lets a deleted pod go", async () => {
      await core.deleteNamespacedPod({ name: "tolerant", namespace: NAMESPACE });
      await eventually("the pod is gone", () =>
        pod("tolerant").then(
          () => undefined,
          (error: unknown) => apiProblem(error).status === 404 || undefined,
        ),
      );
    });

    it("completes a Job, and fails one that is told to fail", async () => {
      await applyAll(cluster.client, [job("good", {}), job("bad", { "opsdx.io/kwok-exit": "fail" })]);
      const ended = (name: string): Promise<string> =>
        eventually(`the Job ${name} ends`, async () => {
          const { status } = await batch.readNamespacedJob({ name, namespace: NAMESPACE });
          return status?.conditions?.find(
            ({ type, status: value }) => /^(Complete|Failed)$/.test(type) && value === "True",
          )?.type;
        });
      await expect(ended("good")).resolves.toBe("Complete");
      await expect(ended("bad")).resolves.toBe("Failed");
      const pods = await core.listNamespacedPod({ namespace: NAMESPACE, labelSelector: "job-name=bad" });
      expect(pods.items.map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated?.exitCode)).toEqual([1]);
    });

    it("brings a Deployment up", async () => {
      const apps = cluster.client.config.makeApiClient(AppsV1Api);
      const labels = { app: "web" };
      await applyAll(cluster.client, [
        {
          apiVersion: "apps/v1",
          kind: "Deployment",
          metadata: { name: "web", namespace: NAMESPACE },
          spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec() } },
        },
      ]);
      await expect(
        eventually("both replicas are ready", async () => {
          const { status } = await apps.readNamespacedDeployment({ name: "web", namespace: NAMESPACE });
          return status?.readyReplicas === 2 ? status.readyReplicas : undefined;
        }),
      ).resolves.toBe(2);
    });
  });

  // The last: it ends what the others need.
  describe("asked by dry run what charts render", () => {
    const asked = async (isOwn: boolean, ...releases: Parameters<typeof refusals>[1][number][]) => {
      const server = { client: cluster.client, title: "the test's", isOwn, close: () => Promise.resolve() };
      const { found, notChecked } = await refusals(server, releases, {
        children: new Children(),
        say: () => undefined,
      });
      return {
        problems: releases.map((one) => (found.get(one) ?? []).map(({ on, problem }) => `${on} ${problem}`)),
        notChecked,
      };
    };

    it("refuses a field that it does not know, and a value of another type, with object and field, and makes nothing", async () => {
      const releases = await smallReleases({
        good: { replicas: 2 },
        unknown: { ports: [{ containerPort: 80, nmae: "http" }] },
        wrong: { replicas: "two" },
      });
      // No Helm on this machine.
      if (releases.length === 0) return;
      const { problems } = await asked(true, ...releases);
      expect(problems).toEqual([
        [],
        [
          expect.stringMatching(
            /^Deployment\/unknown is refused .*unknown field "spec\.template\.spec\.containers\[0\]\.ports\[0\]\.nmae"/,
          ),
        ],
        [expect.stringMatching(/^Deployment\/wrong is refused .*cannot unmarshal string into .*spec\.replicas/)],
      ]);
      const apps = cluster.client.config.makeApiClient(AppsV1Api);
      expect((await apps.listNamespacedDeployment({ namespace: "good" })).items).toEqual([]);
    });

    it("knows the definitions that releases bring; what it does not know is named", async () => {
      const { custom, definition } = planted();
      const strict = [expect.stringMatching(/^Thing\/wrong is refused .*unknown field "spec\.colour"/)];
      const tests = "what helm test makes (dev k8s custom)";
      expect(await asked(false, custom)).toEqual({
        problems: [[]],
        notChecked: [
          "objects of the kind charts.example/v1 Thing, which the API server does not know (dev k8s custom)",
          tests,
        ],
      });
      const { notChecked, problems } = await asked(true, definition, custom);
      expect(problems).toEqual([[], strict]);
      expect(notChecked).toEqual([
        tests,
        "what the releases' own webhooks refuse: none is in force on an API server of its own",
      ]);
    });
  });

  describe("that is stopped", () => {
    it("tells which program ended, and starts again with what it stored", async () => {
      const { directory } = cluster.props;
      const before = await controlPlaneStatus(directory);
      if (before.kind !== "running") throw new Error(`the control plane is ${before.kind}`);
      const scheduler = before.processes.find(({ name }) => name === "kube-scheduler");
      process.kill(scheduler?.pid ?? 0, "SIGKILL");
      const broken = await eventually("its end is noticed", async () => {
        const status = await controlPlaneStatus(directory);
        return status.kind === "broken" ? status : undefined;
      });
      expect(broken.problem).toContain("kube-scheduler ended");

      const { kubeconfig } = await startControlPlane(cluster.props);
      core = (await connect(kubeconfig)).config.makeApiClient(CoreV1Api);
      expect((await pod("intolerant")).metadata?.name).toBe("intolerant");
    });

    it("leaves no process, and then no file", async () => {
      const { directory } = cluster.props;
      const status = await controlPlaneStatus(directory);
      if (status.kind !== "running") throw new Error(`the control plane is ${status.kind}`);
      expect(status.processes.map(({ name }) => name).sort()).toEqual([
        "authenticator",
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kwok",
      ]);
      await expect(stopControlPlane(directory)).resolves.toBe(true);
      expect(status.processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
      await expect(controlPlaneStatus(directory)).resolves.toEqual({ kind: "stopped" });
      await expect(removeControlPlane(directory)).resolves.toBe(false);
      expect(existsSync(directory)).toBe(false);
    });
  });
});
