import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { RefusedError } from "../../../config/explained-error";
import { KOPS_VERSION } from "../../../config/kops";
import { renderManifest } from "./manifest";
import type { KopsClusterSpec, SharedSubnet } from "./spec";

/** File of a payload's folder that says what it holds and what it was made from. */
export const PAYLOAD_INDEX = "payload.json";

const indexSchema = z.strictObject({
  /** Version of kops that rendered it. */
  kopsVersion: z.string(),
  /** Digest of the manifest that it was rendered from, see {@link manifestDigest}. */
  manifestDigest: z.string(),
  /** Differences from kops' Terraform that are meant, and therefore allowed, when it was rendered. */
  intendedDifferences: z.int(),
  /** Certificate of the cluster's CA, PEM, base64: what clients trust. */
  certificateAuthority: z.string(),
  /** Boot script of each instance group: file below the folder. */
  userData: z.record(z.string(), z.string()),
  /** Files of the state store and the discovery bucket. */
  objects: z.array(
    z.strictObject({
      /** Bucket. */
      bucket: z.string(),
      /** Key. */
      key: z.string(),
      /** File below the folder. */
      file: z.string(),
    }),
  ),
});

const indexFileSchema = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "must be JSON" });
      return z.NEVER;
    }
  })
  .pipe(indexSchema);

/** What `opsdx kops render` keeps of kops' output: everything a node needs to boot. */
export interface BootPayload extends z.output<typeof indexSchema> {
  /** Absolute path of the folder. */
  readonly folder: string;
}

/** The payload of a cluster, or why there is none that fits. */
export type PayloadState =
  | { readonly state: "current"; readonly payload: BootPayload }
  | { readonly state: "missing" }
  | { readonly state: "stale"; readonly renderedFrom: string; readonly manifest: string };

/**
 * Digest of the kops version and of what a cluster's manifest says, with names in place of the ids that only AWS knows: the same before
 * and after stage1 is applied, and in every sandbox.
 */
export function manifestDigest(spec: KopsClusterSpec): string {
  const named = (role: string, subnets: Readonly<Record<string, SharedSubnet>>): Record<string, SharedSubnet> =>
    Object.fromEntries(Object.entries(subnets).map(([zone, { cidr }]) => [zone, { id: `${role}-${zone}`, cidr }]));
  const { node, master, utility } = spec.subnets;
  const manifest = renderManifest({
    ...spec,
    vpc: { id: "vpc", cidr: spec.vpc.cidr },
    dnsZone: { id: "zone", name: spec.dnsZone.name },
    subnets: { node: named("node", node), master: named("master", master), utility: named("utility", utility) },
    volumeKeyArn: "volume-key",
    securityGroups: { api: ["sg-api"], master: ["sg-master"], node: ["sg-node"] },
  });
  return createHash("sha256").update(`kops ${KOPS_VERSION}\n${manifest}`).digest("hex");
}

/** The command that makes a cluster's payload. */
export function renderCommand(environment: string, cluster: string): string {
  return `npx opsdx kops render ${environment} ${cluster}`;
}

/**
 * What a folder's payload holds and was made from, whatever the cluster looks like now; undefined when there is none.
 * @throws RefusedError when the folder's index is not what a render writes
 */
export function payloadIndex(folder: string): BootPayload | undefined {
  const index = path.join(folder, PAYLOAD_INDEX);
  if (!existsSync(index)) return undefined;
  const parsed = indexFileSchema.safeParse(readFileSync(index, "utf8"));
  if (!parsed.success) throw new RefusedError(`${index}: ${z.prettifyError(parsed.error)}; render it again`);
  return { ...parsed.data, folder };
}

/**
 * Reads the payload in a folder and holds it against the cluster.
 * @throws RefusedError when the folder's index is not what a render writes
 */
export function readPayload(folder: string, spec: KopsClusterSpec): PayloadState {
  const payload = payloadIndex(folder);
  if (payload === undefined) return { state: "missing" };
  const manifest = manifestDigest(spec);
  return payload.manifestDigest === manifest
    ? { state: "current", payload }
    : { state: "stale", renderedFrom: payload.manifestDigest, manifest };
}

/** A boot script of the payload, base64. */
export function userDataOf(payload: BootPayload): Record<string, string> {
  return Object.fromEntries(
    Object.entries(payload.userData).map(([group, file]) => [
      group,
      readFileSync(path.join(payload.folder, file)).toString("base64"),
    ]),
  );
}
