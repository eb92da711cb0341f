import { acceptedFaults } from "../../../../../constructs/shared/helm/accepted-rendering";
import type { Ground } from "../../../../../constructs/shared/policy/rendered/ground";
import type { KubernetesObject } from "../../../../../constructs/shared/kubernetes-object";
import { imagesIn, renderedFindings, RENDERED_RULES } from "../../../../../constructs/shared/policy/rendered/rules";
import { imageStanding } from "../../../../../config/image-standing";

const GROUND: Ground = {
  namespace: "monitoring",
  standard: "restricted",
  nodes: [
    { name: "nodes", labels: {}, taints: [] },
    { name: "ci", labels: { opsdx_nodegroup: "ci" }, taints: ["opsdx_nodegroup=ci:NoSchedule"] },
  ],
  customKinds: new Set(["monitoring.coreos.com/v1/Prometheus"]),
  priorities: new Set(["opsdx-service"]),
};

const CONTAINER = {
  name: "main",
  image: "ghcr.io/headlamp-k8s/headlamp:v0.45.0",
  ports: [{ containerPort: 80 }],
  readinessProbe: { httpGet: { path: "/", port: 80 } },
  resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "64Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
};
const SPEC = {
  priorityClassName: "opsdx-service",
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [CONTAINER],
};
const deployment = (spec: object = {}, container: object = {}): KubernetesObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "it" },
  spec: { template: { spec: { ...SPEC, ...spec, containers: [{ ...CONTAINER, ...container }] } } },
});
const object = (apiVersion: string, kind: string, rest: object = {}, namespace?: string): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: "it", namespace },
  ...rest,
});
const found = (rendered: KubernetesObject, ground: Partial<Ground> = {}): readonly string[] =>
  renderedFindings([rendered], { ...GROUND, ...ground }).map(({ on, rule }) => `${rule} ${on}`);
const open = { standard: "privileged" } as const;

it("what is as it should be has no finding", () => {
  expect(found(deployment())).toEqual([]);
  expect(
    found(object("v1", "Service", { spec: { type: "NodePort", ports: [{ port: 80, nodePort: 30300 }] } })),
  ).toEqual([]);
});

const security = (context: object): object => ({ securityContext: { ...CONTAINER.securityContext, ...context } });

it.each([
  ["RenderedNonRoot", deployment({ securityContext: { ...SPEC.securityContext, runAsNonRoot: undefined } })],
  ["RenderedNonRoot", deployment({}, security({ runAsUser: 0 }))],
  ["RenderedNoEscalation", deployment({}, security({ allowPrivilegeEscalation: undefined }))],
  ["RenderedNoEscalation", deployment({}, security({ privileged: true }))],
  ["RenderedCapabilities", deployment({}, security({ capabilities: {} }))],
  ["RenderedCapabilities", deployment({}, security({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }))],
  ["RenderedSeccomp", deployment({ securityContext: { runAsNonRoot: true } })],
  ["RenderedReadOnlyRoot", deployment({}, security({ readOnlyRootFilesystem: false }))],
  ["RenderedResources", deployment({}, { resources: { requests: { cpu: "1", memory: "1Gi" } } })],
  ["RenderedProbes", deployment({}, { readinessProbe: undefined })],
  ["RenderedImage", deployment({}, { image: "busybox:1.37" })],
  ["RenderedImage", deployment({}, { args: ["--reloader=quay.io/prometheus-operator/reloader:v1"] })],
])("%s is found on a container", (rule, rendered) => {
  expect(found(rendered, open)).toEqual([`${rule} Deployment/it/main`]);
});

it.each([
  ["RenderedNoHostNamespace", deployment({ hostNetwork: true })],
  ["RenderedNoHostPath", deployment({ volumes: [{ name: "v", hostPath: { path: "/" } }] })],
  ["RenderedNoHostPath", deployment({}, { ports: [{ containerPort: 1, hostPort: 1 }] })],
  ["RenderedPriority", deployment({ priorityClassName: undefined })],
  ["RenderedPriority", deployment({ priorityClassName: "made-up" })],
  ["RenderedPlacement", deployment({ nodeSelector: { opsdx_nodegroup: "gone" } })],
  ["RenderedPlacement", deployment({ nodeSelector: { opsdx_nodegroup: "ci" } })],
  ["RenderedNamespace", object("v1", "ConfigMap", {}, "kube-system")],
  ["RenderedNamespace", object("v1", "Namespace")],
  ["RenderedNoSecret", object("v1", "Secret", { data: { password: "eA==" } })],
  ["RenderedNoLiteralSecret", object("v1", "ConfigMap", { data: { url: "postgres://me:hunter2@db/x" } })],
  ["RenderedNoLiteralSecret", deployment({}, { env: [{ name: "DB_PASSWORD", value: "hunter2" }] })],
  ["RenderedNoWildcard", object("rbac.authorization.k8s.io/v1", "ClusterRole", { rules: [{ verbs: ["*"] }] })],
  [
    "RenderedNoClusterAdmin",
    object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", { roleRef: { name: "cluster-admin" } }),
  ],
  ["RenderedNoLoadBalancer", object("v1", "Service", { spec: { type: "LoadBalancer" } })],
  ["RenderedNoLoadBalancer", object("v1", "Service", { spec: { type: "NodePort", ports: [{ port: 80 }] } })],
  ["RenderedNoIngress", object("networking.k8s.io/v1", "Ingress")],
  ["RenderedKindKnown", object("monitoring.coreos.com/v1", "ServiceMonitor")],
])("%s is found on an object", (rule, rendered) => {
  expect(found(rendered, open)).toEqual([`${rule} ${rendered.kind}/it`]);
});

it("a group's label and a toleration of its taint, or a node affinity, place a pod", () => {
  const toleration = { key: "opsdx_nodegroup", operator: "Equal", value: "ci", effect: "NoSchedule" };
  expect(found(deployment({ nodeSelector: { opsdx_nodegroup: "ci" }, tolerations: [toleration] }))).toEqual([]);
  expect(found(deployment({ nodeSelector: { opsdx_nodegroup: "ci" }, tolerations: [{ operator: "Exists" }] }))).toEqual(
    [],
  );
  const affinity = (operator: string): object => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "opsdx_nodegroup", operator, values: ["ci"] }] }],
        },
      },
    },
  });
  expect(found(deployment(affinity("NotIn")))).toEqual([]);
  expect(found(deployment(affinity("In")))).toEqual(["RenderedPlacement Deployment/it"]);
});

it("the standard of the namespace refuses what it refuses, whatever is accepted", () => {
  const root = deployment({}, security({ runAsUser: 0 }));
  expect(found(root)).toEqual(["RenderedNonRoot Deployment/it/main", "RenderedAdmitted Deployment/it"]);
  expect(found(root, { standard: "baseline" })).toEqual(["RenderedNonRoot Deployment/it/main"]);
  expect(found(deployment({}, security({ privileged: true })), { standard: "baseline" })).toContain(
    "RenderedAdmitted Deployment/it",
  );
  expect(
    acceptedFaults([{ rule: "RenderedAdmitted", on: "Deployment/it", reason: "because it must be so, really" }]),
  ).toEqual(["accepted[0]: RenderedAdmitted cannot be accepted: mend what it finds on Deployment/it"]);
});

it("what an operator makes pods of is held to resources, priority, place and image", () => {
  const spec = { image: "quay.io/prometheus/prometheus:v1" };
  expect(found(object("monitoring.coreos.com/v1", "Prometheus", { spec }))).toEqual([
    "RenderedResources Prometheus/it/prometheus",
    "RenderedImage Prometheus/it/prometheus",
    "RenderedPriority Prometheus/it",
  ]);
});

it("an ExternalSecret names keys, and fills in what the store has: neither is a secret; what is written out is", () => {
  const external = (data: object): KubernetesObject =>
    object("external-secrets.io/v1", "ExternalSecret", {
      spec: {
        data: [{ secretKey: "hostKey", remoteRef: { key: "opsdx/dev/concourse/keys" } }],
        target: { template: { data } },
      },
    });
  const ground = { customKinds: new Set(["external-secrets.io/v1/ExternalSecret"]) };
  expect(found(external({ "host-key": "{{ .hostKey }}", users: "{{ .user }}:{{ .password }}" }), ground)).toEqual([]);
  expect(found(external({ password: "hunter2" }), ground)).toEqual(["RenderedNoLiteralSecret ExternalSecret/it"]);
});

it("Helm's tests are nobody's pods", () => {
  const { metadata, ...rest } = deployment({ hostNetwork: true });
  expect(found({ ...rest, metadata: { ...metadata, annotations: { "helm.sh/hook": "test" } } })).toEqual([]);
});

it("every rule but those of the check itself has a case here", () => {
  const elsewhere = ["ChartReadsValue", "RenderedNoPublishedSecret", "RenderedStable", "RenderedTaken"];
  expect(Object.keys(RENDERED_RULES).filter((rule) => !elsewhere.includes(rule))).toHaveLength(21);
});

describe("imageStanding", () => {
  const images = [{ registry: "docker.io", repository: "grafana/grafana", tag: "13.2.0" }];
  const digest = `sha256:${"1".repeat(64)}`;
  const lock = { "docker.io/grafana/grafana:13.2.0": { digest, lockedOn: "2026-11-29" } };

  it.each([
    ["grafana/grafana:13.2.0", {}, "not locked"],
    ["grafana/grafana:13.2.0", lock, "digest not used"],
    [`docker.io/grafana/grafana:13.2.0@${digest}`, lock, "by digest"],
    [`grafana/grafana:13.2.0@sha256:${"2".repeat(64)}`, lock, "digest not used"],
    [`grafana/grafana:13.2.0@${digest}`, {}, "digest not used"],
    ["grafana/grafana:13.2.1", lock, "not listed"],
    [`123456789012.dkr.ecr.us-east-1.amazonaws.com/trews@${digest}`, {}, "by digest"],
    ["123456789012.dkr.ecr.us-east-1.amazonaws.com/trews:v1", {}, "not listed"],
  ] as const)("of %s with %j is %s", (reference, known, standing) => {
    expect(imageStanding(reference, known, images)).toBe(standing);
  });

  it("finds images that programs are told of", () => {
    const args = ["--config=/etc/x.yaml", "--image=quay.io/a/b:v1", "--url=http://x.io/y:z", "--listen=0.0.0.0:80"];
    expect(imagesIn(deployment({}, { args })).map(({ reference }) => reference)).toEqual([
      "ghcr.io/headlamp-k8s/headlamp:v0.45.0",
      "quay.io/a/b:v1",
    ]);
  });
});
