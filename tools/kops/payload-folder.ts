import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { RefusedError } from "../../config/explained-error";
import { KOPS_VERSION } from "../../config/kops";
import {
  fileDigest,
  manifestDigest,
  PAYLOAD_INDEX,
  payloadFaults,
  payloadIndex,
  type BootPayload,
} from "../../constructs/stage2/kops/payload";
import { instanceGroups, type KopsClusterSpec } from "../../constructs/stage2/kops/spec";
import { CommandError } from "../command-error";
import { isAlive } from "../processes";
import type { KopsTerraform } from "./parity";
import { undated, undatedText, type StoredCluster } from "./state-store";

/** File of a payload's folder that holds the cluster as the state store had it after the render. */
const STATE_FILE = "state-store.yaml";

/** Settings of {@link collectPayload}. */
export interface CollectProps {
  /** What `kops update cluster --target=terraform --out` wrote. */
  readonly out: string;
  /** The boot files that it declares. */
  readonly objects: KopsTerraform["payloadObjects"];
  /** Kubeconfig that kops wrote. */
  readonly kubeconfig: string;
  /** Folder to make. */
  readonly folder: string;
  /** Folder of the last render, if there was one: files of it that differ in kops' own dates only are kept. */
  readonly former: string;
  /** The cluster that was rendered. */
  readonly spec: KopsClusterSpec;
  /** The state store after the render. */
  readonly stored: StoredCluster;
  /** Differences from kops' Terraform that are meant. */
  readonly intendedDifferences: number;
}

/** Takes the boot payload out of kops' output, with the index that synthesis reads. Returns the number of its files. */
export function collectPayload({ out, folder, former, spec, stored, ...props }: CollectProps): number {
  mkdirSync(path.join(folder, "files"), { recursive: true });
  const keep = (file: string, key: string): string => {
    const source = path.join(out, "data", file);
    if (!existsSync(source)) throw new CommandError(`kops must write data/${file}, got no such file`);
    const fault = contentFault(readFileSync(source, "utf8"), key);
    if (fault !== undefined) throw new CommandError(`kops must write a whole data/${file}: ${fault}`);
    const old = path.join(former, "files", file);
    copyFileSync(existsSync(old) && sameButDated(old, source) ? old : source, path.join(folder, "files", file));
    return path.posix.join("files", file);
  };
  const objects = props.objects.map(({ bucket, key, file }) => ({ bucket, key, file: keep(file, key) }));
  const userData = Object.fromEntries(
    instanceGroups(spec).map(({ name, autoScalingGroup }) => [
      name,
      keep(`aws_launch_template_${autoScalingGroup}_user_data`, USER_DATA),
    ]),
  );
  const authority = certificateAuthority(props.kubeconfig, spec.name);
  writeFileSync(path.join(folder, STATE_FILE), stringify(undated(stored), { lineWidth: 0 }));
  const files = [...new Set([...Object.values(userData), ...objects.map(({ file }) => file), STATE_FILE])].sort();
  const index: Omit<BootPayload, "folder"> = {
    kopsVersion: KOPS_VERSION,
    manifestDigest: manifestDigest(spec),
    intendedDifferences: props.intendedDifferences,
    certificateAuthority: authority,
    userData,
    objects,
    digests: Object.fromEntries(files.map((file) => [file, fileDigest(path.join(folder, file))])),
  };
  writeFileSync(path.join(folder, PAYLOAD_INDEX), `${JSON.stringify(index, undefined, 2)}\n`);
  return objects.length + Object.keys(userData).length;
}

/** Stands in place of a key for what a node runs first. */
const USER_DATA = "user data";
/** Keys of JSON; all others are YAML, plain text or a script, and most are one line of that. */
const JSON_KEY = /(\.json|\/jwks|\/openid-configuration|-spec)$/;
const YAML_KEY = /(\.ya?ml|\.spec)$/;

/** What tells that a file is not whole; undefined when nothing does. */
function contentFault(text: string, key: string): string | undefined {
  if (text.trim() === "") return "it is empty";
  if (key === USER_DATA)
    return text.startsWith("#!") || text.startsWith("MIME-Version:") ? undefined : "it is no script";
  if (JSON_KEY.test(key)) return jsonFault(text);
  const [error] = YAML_KEY.test(key)
    ? parseAllDocuments(text, { uniqueKeys: false }).flatMap(({ errors }) => errors)
    : [];
  return error === undefined ? undefined : `it is no YAML: ${error.message.split("\n")[0] ?? ""}`;
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `it is no JSON: ${(error as Error).message}`;
  }
}

function sameButDated(one: string, other: string): boolean {
  return undatedText(readFileSync(one, "utf8")) === undatedText(readFileSync(other, "utf8"));
}

function certificateAuthority(kubeconfig: string, name: string): string {
  const { clusters } = parse(existsSync(kubeconfig) ? readFileSync(kubeconfig, "utf8") : "clusters: []") as {
    clusters: { name: string; cluster: { "certificate-authority-data"?: string } }[];
  };
  const authority = clusters.find((cluster) => cluster.name === name)?.cluster["certificate-authority-data"];
  if (authority === undefined) {
    throw new CommandError(`kops must export the certificate authority of ${name}, got a kubeconfig without it`);
  }
  return authority;
}

/**
 * The state store as the last render left it; undefined when there was none.
 * @throws RefusedError when the file is not as that render wrote it
 */
export function lastStored(folder: string): StoredCluster | undefined {
  const index = payloadIndex(folder);
  if (index === undefined) return undefined;
  const file = path.join(folder, STATE_FILE);
  if (!existsSync(file) || fileDigest(file) !== index.digests[STATE_FILE]) {
    throw new RefusedError(
      `${file} is not as the last render wrote it, so nobody can tell whether the state store was edited since. ` +
        `Get it back: git checkout -- ${file}, or render with --force to replace what the state store has`,
    );
  }
  return parse(readFileSync(file, "utf8")) as StoredCluster;
}

/** Ends what {@link replaceFolder} of a process that was killed has begun: the old folder is in its place again. */
export function recoverFolder(folder: string): void {
  const parent = path.dirname(folder);
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const [, of, pid] = /^\.render-(.+)-(\d+)-[^-]+$/.exec(name) ?? [];
    if (of !== path.basename(folder) || isAlive(Number(pid))) continue;
    const old = path.join(parent, name, "old");
    if (!existsSync(folder) && existsSync(old)) renameSync(old, folder);
    rmSync(path.join(parent, name), { recursive: true });
  }
}

/** Puts a finished folder in the place of the old one, which stays whole until then. */
export function replaceFolder(next: string, folder: string): void {
  const parent = path.dirname(folder);
  mkdirSync(parent, { recursive: true });
  // Beside the old one: only within a file system is a rename one step.
  const staging = mkdtempSync(path.join(parent, `.render-${path.basename(folder)}-${process.pid}-`));
  try {
    cpSync(next, path.join(staging, "new"), { recursive: true });
    const payload = payloadIndex(path.join(staging, "new"));
    const faults = payload === undefined ? [`${PAYLOAD_INDEX} is missing`] : payloadFaults(payload);
    if (faults.length > 0) throw new CommandError(`the new payload could not be written whole: ${faults.join("; ")}`);
    if (existsSync(folder)) renameSync(folder, path.join(staging, "old"));
    renameSync(path.join(staging, "new"), folder);
  } finally {
    rmSync(staging, { recursive: true });
  }
}
