import { CoreV1Api } from "@kubernetes/client-node";
import { NFS_STORAGE_CLASS } from "../../constructs/shared/kubernetes/nfs-claim";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { lookingPod, NFS_NAMESPACE } from "../../constructs/stage3/nfs/facts";
import { applyAll } from "../../tools/control-plane/api";
import { removeControlPlane } from "../../tools/control-plane/control-plane";
import { stage3Objects } from "./stage3-objects";
import { describeOnCluster, eventually, START_MS, startTestCluster, type TestCluster } from "./support";

jest.setTimeout(START_MS);

const CLAIM = "nfs-shared";
const VOLUME = `${NFS_NAMESPACE}-${CLAIM}`;

/** What `dev-stage3` declares on `k8s` for the shared folder: namespace, class, volume, claim. */
const OBJECTS = (stage3Objects()["kubernetes.k8s"] ?? []).filter(
  ({ kind, metadata }) =>
    metadata.namespace === NFS_NAMESPACE ||
    ["PersistentVolume", "StorageClass"].includes(kind) ||
    (kind === "Namespace" && metadata.name === NFS_NAMESPACE) ||
    kind === "PriorityClass",
);

const claim = (namespace: string, name: string, volumeName?: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace },
  spec: {
    accessModes: ["ReadWriteMany"],
    storageClassName: NFS_STORAGE_CLASS,
    resources: { requests: { storage: "1Gi" } },
    ...(volumeName !== undefined && { volumeName }),
  },
});

describeOnCluster("the shared folder", () => {
  let cluster: TestCluster;
  let core: CoreV1Api;

  beforeAll(async () => {
    cluster = await startTestCluster();
    core = cluster.client.config.makeApiClient(CoreV1Api);
    await applyAll(cluster.client, OBJECTS);
  });
  afterAll(async () => {
    await removeControlPlane(cluster.props.directory);
  });

  const phaseOf = async (namespace: string, name: string): Promise<string | undefined> =>
    (await core.readNamespacedPersistentVolumeClaim({ namespace, name })).status?.phase;

  it("is bound to its own volume", async () => {
    await eventually("the claim is bound", async () =>
      (await phaseOf(NFS_NAMESPACE, CLAIM)) === "Bound" ? true : undefined,
    );
    const { spec, status } = await core.readPersistentVolume({ name: VOLUME });
    expect(status?.phase).toBe("Bound");
    expect(spec?.claimRef).toMatchObject({ namespace: NFS_NAMESPACE, name: CLAIM });
    expect(spec).toMatchObject({ mountOptions: ["iam"], csi: { driver: "efs.csi.aws.com" } });
  });

  it("is mounted by a pod that the runbook makes, without rights, in its restricted namespace", async () => {
    const metadata = { name: "look", namespace: NFS_NAMESPACE };
    await applyAll(cluster.client, [{ apiVersion: "v1", kind: "Pod", metadata, ...lookingPod("look", CLAIM) }]);
    const running = await eventually("the pod runs", async () => {
      const found = await core.readNamespacedPod({ namespace: NFS_NAMESPACE, name: "look" });
      return found.status?.phase === "Running" ? found : undefined;
    });
    expect(running.spec?.nodeName).toBeDefined();
    expect(running.spec?.securityContext?.runAsNonRoot).toBe(true);
  });

  it("is for no claim of another namespace, and no claim by hand gets a volume", async () => {
    await applyAll(cluster.client, [claim("default", "stolen", VOLUME), claim(NFS_NAMESPACE, "by-hand")]);
    const warned = await eventually("both are told why they wait", async () => {
      const { items } = await core.listEventForAllNamespaces();
      const reasons = new Map(items.map(({ involvedObject, reason }) => [involvedObject.name, reason]));
      return reasons.has("stolen") && reasons.has("by-hand") ? reasons : undefined;
    });
    expect(await phaseOf("default", "stolen")).toBe("Pending");
    expect(await phaseOf(NFS_NAMESPACE, "by-hand")).toBe("Pending");
    expect(warned.get("stolen")).toBe("FailedBinding");
  });
});
