import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
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
  /** SHA-256 of every file below the folder but this one, hex, by its name. */
  digests: z.record(z.string(), z.string()),
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
  /** A file is not what the render wrote: each with what is wrong with it. */
  | { readonly state: "damaged"; readonly faults: readonly string[] }
  | {
      readonly state: "stale";
      readonly payload: BootPayload;
      readonly renderedFrom: string;
      readonly manifest: string;
    };

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

/** What mends a payload of which a file is damaged. */
export function mendCommand(environment: string, cluster: string): string {
  return `Get it back: git checkout -- kops/${environment}/${cluster}, or render it again: ${renderCommand(environment, cluster)}`;
}

/** Digest of a file, as the index has it. */
export function fileDigest(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** What is wrong with the files of a payload: each that is not as the render wrote it. */
export function payloadFaults({ folder, digests, objects, userData }: BootPayload): readonly string[] {
  const needed = new Set([...Object.values(userData), ...objects.map(({ file }) => file), ...Object.keys(digests)]);
  return [...needed].flatMap((name) => {
    const file = path.join(folder, name);
    if (!existsSync(file)) return [`${name} is missing`];
    if (digests[name] === fileDigest(file)) return [];
    return [`${name} (${statSync(file).size} bytes) is not as it was rendered: its digest differs`];
  });
}

/**
 * What a folder's payload holds and was made from, whatever the cluster looks like now; undefined when there is none.
 * @throws RefusedError when the folder's index is not what a render writes
 */
export function payloadIndex(folder: string): BootPayload | undefined {
  const index = path.join(folder, PAYLOAD_INDEX);
  if (!existsSync(index)) return undefined;
  const parsed = indexFileSchema.safeParse(readFileSync(index, "utf8"));
  if (!parsed.success) throw new RefusedError(`${index}: ${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, folder };
}

/** Reads the payload in a folder, with every file of it, and holds it against the cluster. */
export function readPayload(folder: string, spec: KopsClusterSpec): PayloadState {
  let payload: BootPayload | undefined;
  try {
    payload = payloadIndex(folder);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { state: "damaged", faults: [error.message] };
  }
  if (payload === undefined) return { state: "missing" };
  const faults = payloadFaults(payload);
  if (faults.length > 0) return { state: "damaged", faults };
  const manifest = manifestDigest(spec);
  return payload.manifestDigest === manifest
    ? { state: "current", payload }
    : { state: "stale", payload, renderedFrom: payload.manifestDigest, manifest };
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
