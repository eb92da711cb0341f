import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  copyFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { Testing } from "../../constructs/cdktf";
import { KopsCluster } from "../../constructs/kops/cluster";
import { renderManifest } from "../../constructs/kops/manifest";
import { manifestDigest, PAYLOAD_INDEX, type BootPayload } from "../../constructs/kops/payload";
import { instanceGroups, type KopsClusterSpec } from "../../constructs/kops/spec";
import { BaseStack } from "../../stacks/base-stack";
import { KOPS_VERSION, type Kops } from "./binary";
import { compare, describe, readKopsTerraform, readPayloadObjects, unexplained } from "./parity";
import { KopsError } from "./target";

/** File of a payload's folder that holds the cluster as the state store had it after the render. */
export const STATE_FILE = "state-store.yaml";

/** What a render did. */
export interface RenderResult {
  /** Resources that kops declares, without the boot payload. */
  readonly resources: number;
  /** Differences that are meant. */
  readonly intended: number;
  /** Files of the boot payload. */
  readonly files: number;
}

/** Settings of {@link renderPayload}. */
export interface RenderProps {
  readonly kops: Kops;
  /** The cluster, on the ids of the applied stage1. */
  readonly spec: KopsClusterSpec;
  /** Folder that receives the payload. */
  readonly folder: string;
  /** Overwrite what was edited in the state store by hand. */
  readonly force: boolean;
  /** Told what happens next. */
  readonly progress: (step: string) => void;
}

/**
 * Hands the manifest to kops, holds kops' Terraform against this program's resources, and keeps the boot payload. The folder changes
 * only when everything agreed.
 *
 * @throws KopsError when the state store was edited by hand, kops refuses the manifest, or a difference has no reason
 */
export async function renderPayload({ kops, spec, folder, force, progress }: RenderProps): Promise<RenderResult> {
  const work = mkdtempSync(path.join(tmpdir(), "opsdx-kops-"));
  const state = ["--state", `s3://${spec.stateBucket}`];
  try {
    progress(`looking for edits in s3://${spec.stateBucket}/${spec.name}`);
    const stored = await storedCluster(kops, spec.name, state);
    if (!force) assertUnedited(folder, stored, spec.name);

    const manifest = path.join(work, "manifest.yaml");
    writeFileSync(manifest, renderManifest(spec));
    progress("kops replace");
    await kops.run(["replace", "--force", "-f", manifest, ...state]);

    progress("kops update cluster --target=terraform");
    const out = path.join(work, "terraform");
    const kubeconfig = path.join(work, "kubeconfig");
    await kops.run(["update", "cluster", "--name", spec.name, "--target=terraform", `--out=${out}`, ...state], {
      KUBECONFIG: kubeconfig,
    });

    progress("comparing kops' Terraform with this program's");
    const theirs = await readKopsTerraform(out);
    const differences = compare(theirs, declaredResources(spec));
    const open = unexplained(differences);
    if (open.length > 0) {
      throw new KopsError(
        `kops' Terraform and this program's differ in ${open.length} place${open.length === 1 ? "" : "s"} without a reason:\n` +
          open.map((difference) => `  ${describe(difference)}`).join("\n"),
      );
    }

    const next = path.join(work, "payload");
    const payload = await collectPayload(out, next, spec, kubeconfig, differences.length);
    writeFileSync(path.join(next, STATE_FILE), (await storedCluster(kops, spec.name, state)) ?? "");
    replaceFolder(next, folder);
    return {
      resources: Object.values(theirs).reduce((count, instances) => count + Object.keys(instances).length, 0),
      intended: differences.length,
      files: payload.objects.length + Object.keys(payload.userData).length,
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The cluster as the state store has it; undefined when kops does not know it. */
async function storedCluster(kops: Kops, name: string, state: readonly string[]): Promise<string | undefined> {
  const result = await kops.try(["get", "all", "--name", name, "-o", "yaml", ...state]);
  if (!result.failed) return result.stdout;
  if (/not found/i.test(result.stderr)) return undefined;
  throw new KopsError(`the state store ${state[1] ?? ""} cannot be read:\n${result.stderr}`);
}

function assertUnedited(folder: string, stored: string | undefined, name: string): void {
  const file = path.join(folder, STATE_FILE);
  if (stored === undefined || !existsSync(file)) return;
  const rendered = readFileSync(file, "utf8");
  if (rendered === stored) return;
  const [before, after] = [rendered.split("\n"), stored.split("\n")];
  const lines = [
    ...before.filter((line) => !after.includes(line)).map((line) => `  - ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `  + ${line}`),
  ];
  throw new KopsError(
    `${name} was edited in the state store since the last render; a render would undo it:\n${lines.join("\n")}\n` +
      "Carry the edit over to config/, or render with --force to drop it.",
  );
}

/** The cluster's resources as stage2 declares them, on literal ids. */
function declaredResources(spec: KopsClusterSpec): Parameters<typeof compare>[1] {
  const stack = new BaseStack(Testing.app(), "render", {
    owner: "render",
    account: spec.account,
    deployment: { kind: "cloud", stateBucket: "unused", stateAccount: spec.account },
  });
  new KopsCluster(stack, "Cluster", { spec, boot: { placeholder: "" } });
  stack.prepareStack();
  return stack.toTerraform()["resource"] as Parameters<typeof compare>[1];
}

async function collectPayload(
  out: string,
  folder: string,
  spec: KopsClusterSpec,
  kubeconfig: string,
  intendedDifferences: number,
): Promise<Omit<BootPayload, "folder">> {
  mkdirSync(path.join(folder, "files"), { recursive: true });
  const keep = (file: string): string => {
    copyFileSync(path.join(out, "data", file), path.join(folder, "files", file));
    return path.posix.join("files", file);
  };
  const objects = (await readPayloadObjects(out)).map(({ bucket, key, file }) => ({ bucket, key, file: keep(file) }));
  const userData = Object.fromEntries(
    instanceGroups(spec).map(({ name, autoScalingGroup }) => [
      name,
      keep(`aws_launch_template_${autoScalingGroup}_user_data`),
    ]),
  );
  const { clusters } = parse(readFileSync(kubeconfig, "utf8")) as {
    clusters: { name: string; cluster: { "certificate-authority-data": string } }[];
  };
  const payload = {
    kopsVersion: KOPS_VERSION,
    manifestDigest: manifestDigest(spec),
    intendedDifferences,
    certificateAuthority: clusters.find(({ name }) => name === spec.name)?.cluster["certificate-authority-data"] ?? "",
    userData,
    objects,
  };
  if (payload.certificateAuthority === "") {
    throw new KopsError(`kops must export the certificate authority of ${spec.name}, got a kubeconfig without it`);
  }
  writeFileSync(path.join(folder, PAYLOAD_INDEX), `${JSON.stringify(payload, undefined, 2)}\n`);
  return payload;
}

/** Puts the new folder in the old one's place; the old one is complete until then. */
function replaceFolder(next: string, folder: string): void {
  const parent = path.dirname(folder);
  mkdirSync(parent, { recursive: true });
  const staged = mkdtempSync(path.join(parent, ".render-"));
  for (const entry of readdirSync(next, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const relative = path.relative(next, path.join(entry.parentPath, entry.name));
    mkdirSync(path.dirname(path.join(staged, relative)), { recursive: true });
    copyFileSync(path.join(next, relative), path.join(staged, relative));
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(staged, folder);
}
