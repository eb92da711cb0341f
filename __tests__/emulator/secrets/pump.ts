import type { ServiceSecret } from "../../../config/service-secrets";

const READERS = [{ service: "pump", cluster: "k8s" }] as const;

/** The secrets of a service that no environment has: a kind each. */
export const PUMP: readonly ServiceSecret[] = (
  [
    ["admin", { kind: "password" }],
    ["client", { kind: "person", what: "the login provider's page" }],
    ["cookie", { kind: "hex", bytes: 32 }],
    ["tls", { kind: "certificate", hosts: ["pump.dev.opsdx.io"] }],
    ["web", { kind: "htpasswd", user: "pump" }],
  ] as const
).map(([reference, recipe]) => ({
  service: "pump",
  reference,
  recipe,
  readers: READERS,
  afterRotation: [`Restart the pump (${reference}).`],
}));
