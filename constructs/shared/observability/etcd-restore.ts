import { aws, kops, kubectl, pipe, shell, type Command } from "./command";
import { placeholder } from "./placeholders";
import type { Step } from "./steps";

/** Whose etcd is restored: full name of the cluster, and the bucket of kops' state store. */
export interface EtcdRestoreProps {
  /** Full name of the cluster, which is its context in kubectl. */
  readonly cluster: string;
  /** Bucket of kops' state store. */
  readonly stateBucket: string;
}

/** A program of the etcd-manager that runs on a control plane, in a session there. The API need not answer for it. */
function inEtcdManager(args: string): Command {
  return shell(`sudo crictl exec "$(sudo crictl ps --quiet --name etcd-manager | head -n 1)" ${args}`);
}

/**
 * How a cluster's etcd is brought back from a backup, in kops' order.
 *
 * `etcd-manager-ctl` is nowhere to download: etcd-manager's image is built on that of the tool, and so holds it. What it asks for is done
 * when etcd-manager starts. It is a static pod, which nothing starts again through the API: there is only a mirror of it.
 *
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/docs/operations/etcd_backup_restore_encryption.md
 * @see https://github.com/kubernetes-sigs/etcd-manager/blob/v3.0.20260707/Makefile#L115
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
 */
export function etcdRestoreSteps({ cluster, stateBucket }: EtcdRestoreProps): readonly Step[] {
  const backups = `s3://${stateBucket}/${cluster}/backups/etcd`;
  const ask = (member: string): Command =>
    inEtcdManager(
      `/ko-app/etcd-manager-ctl --backup-store=${backups}/${member} restore-backup ${placeholder("backup")}`,
    );
  const keys = "/rootfs/srv/kubernetes/kube-apiserver";
  const etcdctl = `/opt/etcd-v${placeholder("version")}/etcdctl --cacert=${keys}/etcd-ca.crt --cert=${keys}/etcd-client.crt --key=${keys}/etcd-client.key --endpoints=https://127.0.0.1:4001`;
  const controlPlanes = `"Key=tag:KubernetesCluster,Values=${cluster}" "Key=tag:k8s.io/role/control-plane,Values=1"`;
  return [
    [
      "The API will be away, and what was written since the backup is lost; pods run on. Choose a backup, and the nearest one of the events:",
      aws(`s3 ls ${backups}/main/`),
      aws(`s3 ls ${backups}/events/`),
    ],
    [
      "Ask for both, as an administrator of the environment's account, in a session on one control plane. The tool is in the etcd-manager that runs there:",
      aws(`ssm start-session --target ${placeholder("instance")}`),
      ask("main"),
      ask("events"),
      "Where none runs: build `cmd/etcd-manager-ctl` of https://github.com/kubernetes-sigs/etcd-manager, and ask from any machine that may write to the state store.",
    ],
    [
      "Nothing happens yet: stop etcd-manager on every control plane. The kubelets start it again, and the leaders restore:",
      aws(
        `ssm send-command --document-name AWS-RunShellScript --targets ${controlPlanes} --parameters 'commands=["crictl ps --quiet --name etcd-manager | xargs crictl stop"]'`,
      ),
      "Success must stand beside each of them:",
      aws(
        `ssm list-command-invocations --command-id ${placeholder("id")} --query 'CommandInvocations[].[InstanceId,Status]'`,
      ),
    ],
    kops("validate cluster", cluster, stateBucket, "--wait 15m"),
    [
      "If there are more addresses than control planes, API servers of before are among them:",
      kubectl({ cluster, namespace: "default" }, "get endpoints kubernetes"),
      "Then take the leases away, in the session; those that run write theirs again at once. The version is the one that kops tells:",
      pipe(kops("get cluster", cluster, stateBucket, "--full -o yaml"), "grep -A 2 'name: main'"),
      inEtcdManager(`${etcdctl} del --prefix /registry/masterleases/`),
    ],
    [
      "Nodes may run what the restored state does not know: replace them all.",
      kops("rolling-update cluster", cluster, stateBucket, "--force --yes"),
    ],
  ];
}
