/** User and group that containers of this program run as; no file of an image belongs to it. */
const USER = "10001";

/**
 * Security context of pods in a namespace of the level `restricted`.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const RESTRICTED_POD = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: "RuntimeDefault" },
};

/** Security context of their containers. The root file system is read-only: programs write below `/tmp`. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
};

/** Security context of containers that must be root, which without capabilities is no more than the owner of its files. */
export const ROOT_CONTAINER = {
  runAsUser: 0,
  runAsGroup: 0,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** The only place that a container may write to; it goes with the pod. */
export const SCRATCH = {
  volume: [{ name: "tmp", emptyDir: {} }],
  volumeMount: [{ name: "tmp", mountPath: "/tmp" }],
};
