import { z } from "zod";

/** Names that Kubernetes takes. */

/** A DNS label (RFC 1123), as namespaces, instance groups and service accounts want it. */
export const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be lower-case letters, digits and hyphens (RFC 1123)");

/** Namespaces that the program itself fills with what is not an ETL. */
const OWN_NAMESPACES = [
  "concourse",
  "concourse-workers",
  "default",
  "drills",
  "external-secrets",
  "load",
  "monitoring",
  "nfs",
  "node-agents",
  "redash",
  "tensorflow",
  "tensorflow-training",
];

/**
 * A namespace of ETLs. What starts with `kube-` is Kubernetes' own; in the others a launcher's right to make Jobs would reach
 * what is not an ETL.
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
 */
export const etlNamespace = dnsLabel.refine(
  (name) => !name.startsWith("kube-") && !OWN_NAMESPACES.includes(name),
  `must not be ${OWN_NAMESPACES.join(", ")} or start with kube-: a namespace of ETLs holds nothing else`,
);

/** Nodes that a cluster holds at most. @see https://kubernetes.io/docs/setup/best-practices/cluster-large/ */
export const MAX_NODES = 5000;

/** A full Kubernetes version. */
export const kubernetesVersion = z
  .string()
  .regex(/^1\.(0|[1-9]\d?)\.(0|[1-9]\d?)$/, "must be a full version such as 1.36.3");
