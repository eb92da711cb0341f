import path from "node:path";
import type { Program } from "./binaries";
import { CERTIFICATES, SERVICE_CIDR } from "./certificates";
import type { ControlPlanePaths } from "./paths";

/** Ports of a control plane, on 127.0.0.1. */
export interface Ports {
  /** The API server. */
  readonly api: number;
  /** The authenticator. */
  readonly authenticator: number;
  /** etcd, for the API server. */
  readonly etcd: number;
  /** etcd, for other members; there are none, and it listens all the same. */
  readonly etcdPeer: number;
}

/** Host of everything. */
export const HOST = "127.0.0.1";

/** The address of a port. */
export function urlOf(port: number, protocol: "http" | "https" = "https"): string {
  return `${protocol}://${HOST}:${port}`;
}

/**
 * Command lines of the programs. What is not set here has the default of the program, admission plugins above all (PodSecurity,
 * ResourceQuota, LimitRanger, ServiceAccount, Priority).
 */
export function argumentsOf(program: Program, paths: ControlPlanePaths, ports: Ports): readonly string[] {
  const pki = (name: string): string => path.join(paths.certificates, name);
  switch (program) {
    case "etcd":
      return [
        "--name=etcd",
        `--data-dir=${paths.etcdData}`,
        `--listen-client-urls=${urlOf(ports.etcd, "http")}`,
        `--advertise-client-urls=${urlOf(ports.etcd, "http")}`,
        `--listen-peer-urls=${urlOf(ports.etcdPeer, "http")}`,
        `--initial-advertise-peer-urls=${urlOf(ports.etcdPeer, "http")}`,
        `--initial-cluster=etcd=${urlOf(ports.etcdPeer, "http")}`,
        // Nothing here is worth a disk's wait for every write.
        "--unsafe-no-fsync=true",
        "--log-level=warn",
      ];
    case "kube-apiserver":
      return [
        `--bind-address=${HOST}`,
        `--advertise-address=${HOST}`,
        // Loopback is not an address that an Endpoints object may have.
        "--endpoint-reconciler-type=none",
        `--secure-port=${ports.api}`,
        `--etcd-servers=${urlOf(ports.etcd, "http")}`,
        `--tls-cert-file=${pki(CERTIFICATES.apiServer.certificate)}`,
        `--tls-private-key-file=${pki(CERTIFICATES.apiServer.key)}`,
        `--client-ca-file=${pki(CERTIFICATES.authority)}`,
        "--authorization-mode=RBAC",
        // As kops has it: what may be privileged is decided by the namespace.
        "--allow-privileged=true",
        `--authentication-token-webhook-config-file=${paths.authenticatorKubeconfig}`,
        "--authentication-token-webhook-version=v1",
        "--service-account-issuer=https://kubernetes.default.svc",
        `--service-account-key-file=${pki(CERTIFICATES.serviceAccounts.publicKey)}`,
        `--service-account-signing-key-file=${pki(CERTIFICATES.serviceAccounts.key)}`,
        `--service-cluster-ip-range=${SERVICE_CIDR}`,
      ];
    case "kube-controller-manager":
      return [
        `--kubeconfig=${paths.kubeconfigOf("kube-controller-manager")}`,
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=true",
        `--root-ca-file=${pki(CERTIFICATES.authority)}`,
        `--service-account-private-key-file=${pki(CERTIFICATES.serviceAccounts.key)}`,
        // It makes this folder, by default outside of ours.
        `--flex-volume-plugin-dir=${path.join(paths.directory, "volume-plugins")}`,
      ];
    case "kube-scheduler":
      return [`--kubeconfig=${paths.kubeconfigOf("kube-scheduler")}`, "--leader-elect=false", "--secure-port=0"];
    case "kwok":
      return [
        `--kubeconfig=${paths.kubeconfigOf("kwok")}`,
        `--config=${path.join(__dirname, "kwok-stages.yaml")}`,
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
        // No server: it would listen beyond loopback.
        "--node-port=0",
      ];
  }
}
