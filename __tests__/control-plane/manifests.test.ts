import { AppsV1Api, BatchV1Api, CoreV1Api, NetworkingV1Api, RbacAuthorizationV1Api } from "@kubernetes/client-node";
import { applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { manifestsOf } from "../../tools/control-plane/manifests";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { allKinds } from "./all-kinds";
import { stage3Objects } from "./stage3-objects";
import { describeOnCluster, eventually, START_MS, startTestCluster, type TestCluster } from "./support";

jest.setTimeout(START_MS);

const STAGE3 = stage3Objects();

describeOnCluster("a stack's Kubernetes objects", () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startTestCluster();
  });
  afterAll(async () => {
    await removeControlPlane(cluster.props.directory);
  });

  it.each(Object.keys(STAGE3))("of dev-stage3 for %s are taken, a second time too", async (provider) => {
    const objects = STAGE3[provider] ?? [];
    expect(objects.length).toBeGreaterThan(0);
    await applyAll(cluster.client, objects);
    await applyAll(cluster.client, objects);
  });

  it("start the web service on its group", async () => {
    const apps = cluster.client.config.makeApiClient(AppsV1Api);
    const [web] = (STAGE3["kubernetes.k8s"] ?? []).filter(({ kind }) => kind === "Deployment");
    const where = { name: web?.metadata.name ?? "", namespace: web?.metadata.namespace ?? "" };
    await eventually("a replica is ready", async () => {
      const { status } = await apps.readNamespacedDeployment(where);
      return (status?.readyReplicas ?? 0) > 0 ? true : undefined;
    });
    const core = cluster.client.config.makeApiClient(CoreV1Api);
    const { items } = await core.listNamespacedPod({ namespace: where.namespace });
    const placed = items.map(({ spec }) => spec?.nodeName).filter((node) => node !== undefined);
    expect(placed.length).toBeGreaterThan(0);
    expect(placed.filter((node) => !node.startsWith("web-"))).toEqual([]);
  });

  describe("of every kind, with blocks of every sort", () => {
    beforeAll(async () => {
      const objects = manifestsOf({ stack: allKinds() }).get("kubernetes.test") ?? [];
      expect(objects.length).toBeGreaterThanOrEqual(17);
      await applyAll(cluster.client, objects);
    });

    it("keep lists, objects and maps apart in a pod", async () => {
      const batch = cluster.client.config.makeApiClient(BatchV1Api);
      const { spec } = await batch.readNamespacedCronJob({ name: "all", namespace: "all" });
      const job = spec?.jobTemplate.spec;
      expect(job?.ttlSecondsAfterFinished).toBe(60);
      expect(job?.podFailurePolicy?.rules).toMatchObject([
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "FailJob", onExitCodes: { containerName: "main", operator: "In", values: [64, 65] } },
      ]);
      const pod = job?.template.spec;
      expect(pod).toMatchObject({
        nodeSelector: { opsdx_nodegroup: "etl" },
        tolerations: [{ key: "opsdx_nodegroup", value: "etl", effect: "NoSchedule" }],
        securityContext: { runAsUser: 1000, fsGroup: 2000, seccompProfile: { type: "RuntimeDefault" } },
        initContainers: [{ name: "before" }],
        volumes: [
          { name: "settings", configMap: { name: "all", defaultMode: 0o440, items: [{ key: "a", path: "a" }] } },
          { name: "scratch", emptyDir: { sizeLimit: "1Gi" } },
          { name: "keys", secret: { secretName: "all" } },
          {
            name: "token",
            projected: { sources: [{ serviceAccountToken: { path: "token", audience: "sts.amazonaws.com" } }] },
          },
        ],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: "opsdx_nodegroup", operator: "In", values: ["etl"] }] }],
            },
          },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 1,
                podAffinityTerm: {
                  topologyKey: "kubernetes.io/hostname",
                  labelSelector: { matchLabels: { a_b: "c" } },
                },
              },
            ],
          },
        },
      });
      expect(pod?.containers[0]).toMatchObject({
        env: [
          { name: "PLAIN", value: "${HOME}" },
          { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
          { name: "SECRET", valueFrom: { secretKeyRef: { name: "all", key: "password" } } },
        ],
        envFrom: [{ configMapRef: { name: "all" } }],
        resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
        securityContext: { capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
        volumeMounts: [{ name: "scratch", mountPath: "/tmp" }],
      });
    });

    it("keep probes, ports and hooks of a Deployment", async () => {
      const apps = cluster.client.config.makeApiClient(AppsV1Api);
      const { spec } = await apps.readNamespacedDeployment({ name: "all", namespace: "all" });
      expect(spec?.strategy?.rollingUpdate).toEqual({ maxSurge: "25%", maxUnavailable: 0 });
      expect(spec?.template.spec?.topologySpreadConstraints).toMatchObject([
        { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", labelSelector: { matchLabels: { app: "all" } } },
      ]);
      expect(spec?.template.spec?.containers[0]).toMatchObject({
        ports: [{ containerPort: 8080, name: "http" }],
        readinessProbe: { httpGet: { path: "/health", port: 8080, httpHeaders: [{ name: "X-A", value: "b" }] } },
        livenessProbe: { tcpSocket: { port: "http" } },
        lifecycle: { preStop: { exec: { command: ["sleep", "5"] } } },
      });
    });

    it("resolve names of each other, and hide a secret's values", async () => {
      const rbac = cluster.client.config.makeApiClient(RbacAuthorizationV1Api);
      const binding = await rbac.readNamespacedRoleBinding({ name: "all", namespace: "all" });
      expect(binding.roleRef.name).toBe("all");
      expect(binding.subjects).toMatchObject([{ kind: "ServiceAccount", name: "all", namespace: "all" }]);
      const core = cluster.client.config.makeApiClient(CoreV1Api);
      const { data } = await core.readNamespacedSecret({ name: "all", namespace: "all" });
      expect(data).toEqual({ password: Buffer.from("placeholder").toString("base64") });
    });

    it("keep a Service's selector and a policy's peers", async () => {
      const core = cluster.client.config.makeApiClient(CoreV1Api);
      const service = await core.readNamespacedService({ name: "all", namespace: "all" });
      expect(service.spec).toMatchObject({ selector: { app_name: "all" }, ports: [{ port: 80, targetPort: 8080 }] });
      const networking = cluster.client.config.makeApiClient(NetworkingV1Api);
      const { spec } = await networking.readNamespacedNetworkPolicy({ name: "all", namespace: "all" });
      expect(spec?.ingress).toMatchObject([
        {
          _from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "all" } }, podSelector: {} }],
          ports: [{ port: 8080, protocol: "TCP" }],
        },
      ]);
      expect(spec?.egress).toMatchObject([{ to: [{ ipBlock: { cidr: "10.0.0.0/16", except: ["10.0.1.0/24"] } }] }]);
    });

    it("label what something else owns", async () => {
      const core = cluster.client.config.makeApiClient(CoreV1Api);
      const { metadata } = await core.readNamespace({ name: "kube-public" });
      expect(metadata?.labels).toMatchObject({ "a/b_c": "d", "kubernetes.io/metadata.name": "kube-public" });
    });
  });

  it("are refused with every field that the API does not know, after the good ones are applied", async () => {
    const map = (name: string, more: Record<string, unknown>): KubernetesObject => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default" },
      ...more,
    });
    const objects = [
      map("first", { date: { a: "b" } }),
      map("second", { container: [] }),
      map("third", { data: { a: "b" } }),
    ];
    await expect(applyAll(cluster.client, objects)).rejects.toThrow(
      /refused 2 objects:\nConfigMap default first: .*date.*\nConfigMap default second: .*container/s,
    );
    const core = cluster.client.config.makeApiClient(CoreV1Api);
    await expect(core.readNamespacedConfigMap({ name: "third", namespace: "default" })).resolves.toMatchObject({
      data: { a: "b" },
    });
  });
});
