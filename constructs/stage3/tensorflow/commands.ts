import { clusterLogGroup, logStreamRoot, stackName } from "../../../config/names";
import { awslogs, cdktf, kubectl, opsdx, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import { CLUSTER, TENSORFLOW, TRAINING_NAMESPACE } from "./names";

/** Commands of the page and of the alarms' steps. */
export type TensorflowCommands = ReturnType<typeof tensorflowCommands>;

/**
 * Commands on TensorFlow, each with its cluster and namespace.
 * @param environment - name of the environment
 * @param cluster - full name of its cluster
 */
export function tensorflowCommands(environment: string, cluster: string) {
  const own = (words: string): Command => opsdx(`tensorflow ${words}`);
  const logs = (stream: string): Command =>
    awslogs(clusterLogGroup(environment, CLUSTER), { stream: `${logStreamRoot(CLUSTER)}/${stream}`, field: "log" });
  return {
    /** kubectl among what serves. */
    serving: (args: string): Command => kubectl({ cluster, namespace: TENSORFLOW }, args),
    /** kubectl among what trains. */
    training: (args: string): Command => kubectl({ cluster, namespace: TRAINING_NAMESPACE }, args),
    /** kubectl on the cluster. */
    on: (args: string): Command => kubectl({ cluster }, args),
    /** Nodes with GPUs. */
    gpuNodes: kubectl({ cluster }, "get nodes -l kops.k8s.io/gpu=1 -o wide"),
    /** What a node's kernel said. */
    kernelLog: kubectl(
      { cluster },
      `-n node-agents debug node/${placeholder("node")} --image=busybox:1.37 --profile=sysadmin -it -- chroot /host dmesg`,
    ),
    /** Puts a node aside. */
    drain: kubectl({ cluster }, `drain ${placeholder("node")} --ignore-daemonsets --delete-emptydir-data`),
    /** Which versions there are, and which are served. */
    models: own(`models ${environment}`),
    /** Makes a version the one that answers. */
    promote: own(`promote ${environment} ${placeholder("name")} ${placeholder("version")}`),
    /** Tries a version beside it. */
    tryOut: own(`promote ${environment} ${placeholder("name")} ${placeholder("version")} --canary`),
    /** To the version before. */
    rollback: (model = placeholder("name")): Command => own(`rollback ${environment} ${model}`),
    /** Trains a version. */
    train: own(
      `train ${environment} ${placeholder("name")} --dataset ${placeholder("key")} --version ${placeholder("version")}`,
    ),
    /** Deploys it. */
    deploy: cdktf("deploy", stackName(environment, "stage3")),
    /** What servers said. */
    servingLogs: logs("tensorflow/server"),
    /** What Jobs said. */
    trainingLogs: logs("tensorflow/training/train"),
  };
}
