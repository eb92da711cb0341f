import { imageOf } from "../../../config/images";
import { clusterLogGroup, nfsDriverRole, stackName } from "../../../config/names";
import type { ClusterName } from "../../../config/schema/environment";
import { rollback } from "../../shared/helm/watched-cluster";
import { NFS_STORAGE_CLASS } from "../../shared/kubernetes/nfs-claim";
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from "../../shared/kubernetes/pod-security";
import { NODE_AGENTS_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { awslogs, cdktf, kubectl, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";
import { EFS_CSI, EFS_CSI_NODE, EFS_PLUGIN } from "./values";

/** Namespace in which people mount the shared folder in a pod. */
export const NFS_NAMESPACE = "nfs";
/** Where such a pod has it. */
const MOUNT_PATH = "/nfs";

/**
 * What a pod is that shows a claim to a person, as `kubectl run --overrides` takes it. It is nobody's user, as pods of this program are.
 * @param name - of the pod
 * @param claimName - of the claim
 */
export function lookingPod(name: string, claimName: string) {
  const number = (value: string): number => Number(value);
  return {
    spec: {
      securityContext: {
        ...RESTRICTED_POD,
        runAsUser: number(RESTRICTED_POD.runAsUser),
        runAsGroup: number(RESTRICTED_POD.runAsGroup),
        fsGroup: number(RESTRICTED_POD.fsGroup),
      },
      automountServiceAccountToken: false,
      containers: [
        {
          name,
          image: imageOf("node"),
          command: ["sh"],
          stdin: true,
          tty: true,
          workingDir: MOUNT_PATH,
          resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [{ name: "nfs", mountPath: MOUNT_PATH }],
        },
      ],
      volumes: [{ name: "nfs", persistentVolumeClaim: { claimName } }],
    },
  };
}

/**
 * Commands about the driver.
 * @param cluster - full name of a cluster, or what stands for each of them
 */
export function driverCommands(cluster: string) {
  const on = (args: string): Command => kubectl({ cluster, namespace: NODE_AGENTS_NAMESPACE }, args);
  const there = (args: string): Command => kubectl({ cluster, namespace: placeholder("namespace") }, args);
  return {
    on,
    pods: on(`get pods -l app=${EFS_CSI_NODE} -o wide`),
    describe: there(`describe pod ${placeholder("pod")}`),
    claims: kubectl({ cluster }, `get persistentvolumes,persistentvolumeclaims -A`),
    lines: on(`logs daemonset/${EFS_CSI_NODE} -c ${EFS_PLUGIN} --tail=100`),
    linesOfNode: on(`logs ${placeholder("pod")} -c ${EFS_PLUGIN} --tail=100`),
    role: on(`exec daemonset/${EFS_CSI_NODE} -c ${EFS_PLUGIN} -- printenv AWS_ROLE_ARN`),
  };
}

/** What the runbook says of the driver. */
export function driverFacts(
  environment: string,
  owner: string,
  clusters: readonly ClusterName[],
  cluster: string,
  claimName: string,
): SystemFacts {
  const { claims, describe, lines, on, pods, role } = driverCommands(cluster);
  const stack = stackName(environment, "stage3");
  const people = (args: string): Command => kubectl({ cluster, namespace: NFS_NAMESPACE }, args);
  const overrides = JSON.stringify(lookingPod("look", claimName));
  return {
    name: EFS_CSI,
    title: "Shared file system in pods (EFS CSI driver)",
    owner,
    purpose: `Mounts the shared file system for pods on ${clusters.join(", ")}. While it is away, pods that start with a volume wait.`,
    launch: [
      [
        `A Helm release \`${EFS_CSI}\` in the namespace ${NODE_AGENTS_NAMESPACE}: a pod on each node but control planes and those of builds. Nothing in the cluster makes volumes; each is declared for one claim of one namespace:`,
        cdktf("deploy", stack),
      ],
    ],
    stop: [
      "Stopping it takes the folders away from the pods of its node: their reads and writes hang. End those pods first.",
      ["Off one node; the DaemonSet starts it again:", on(`delete pod ${placeholder("pod")}`)],
    ],
    status: [
      on(`rollout status daemonset/${EFS_CSI_NODE}`),
      pods,
      ["Claims are `Bound`, each to its own volume:", claims],
    ],
    logs: [
      ["The newest lines of one pod:", lines],
      awslogs(clusterLogGroup(environment, "k8s"), { stream: "kubernetes/node/agents/efs/plugin", field: "log" }),
    ],
    metrics: [
      "CloudWatch > Metrics > OpsDX/Kubernetes > NfsMountsFailed: tries that failed. The file system's own numbers are on its page.",
    ],
    procedures: [
      {
        title: "Mount it in a pod, by hand",
        steps: [
          [
            `The namespace ${NFS_NAMESPACE} has the claim \`${claimName}\`. A pod that is gone when you leave it, as a user without rights:`,
            people(`run look --rm -it --restart=Never --image=${imageOf("node")} --overrides='${overrides}'`),
          ],
          "It waits in `ContainerCreating`: the procedure below.",
        ],
      },
      {
        title: "Give it to the pods of a system",
        steps: [
          `The system's construct declares an \`NfsClaim\` in its namespace, with the use, and its pods name the claim; without write, \`readOnly\`. A claim that somebody makes by hand in the class ${NFS_STORAGE_CLASS} stays \`Pending\`: the class makes no volumes, so that no pod gets in without an access point.`,
        ],
      },
      {
        title: "A pod waits for its volume",
        steps: [
          ["What does it wait for?", describe, claims],
          ["What does the driver on its node say?", pods, lines],
          [
            `\`access denied\`: the role in the driver's pod must be the one that the file system's policy names, \`${nfsDriverRole(environment, placeholder("cluster"))}\`:`,
            role,
          ],
          "`Connection timed out`: the node is in no subnet with a mount target, or not in the security group `node`: the page of the file system shows its addresses.",
        ],
      },
      rollback(EFS_CSI, { cluster, namespace: NODE_AGENTS_NAMESPACE }, environment),
    ],
  };
}
