import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { digestLockText, parseDigestLock, type DigestLock, type LockKind } from "./digest-lock";
import { KOPS_VERSION, KUBERNETES_TESTED } from "./kops";

/** A tool of the controllers, as its publisher gives it for Linux on arm64. */
export interface ControllerTool {
  /** Its name, and what people call it by. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /**
   * What is downloaded: the program itself, an archive with the program in it, an archive that is a tree with `bin` in it, or a part
   * of a Python program.
   */
  readonly kind: "program" | "tar" | "zip" | "tree" | "wheel";
  /** Its address. */
  readonly url: string;
  /** Path of the program in its archive. @default - there is none */
  readonly member?: string;
  /** Address at which its publisher gives its SHA-256, with its file's name or alone. */
  readonly sums: string;
}

/** Versions that nothing else of the program decides. */
const VERSIONS = {
  // That of CI: .ci/terraform.
  terraform: "1.11.4",
  helm: "3.22.0",
  // The image of the program's own Jobs has the same: config/images.ts.
  node: "22.21.1",
} as const;

/** awslogs and what it needs, for the Python of Amazon Linux 2023, 3.9. https://docs.aws.amazon.com/linux/al2023/ug/python.html */
const AWSLOGS: Readonly<Record<string, readonly [version: string, pythons: string]>> = {
  awslogs: ["0.15.0", "py2.py3"],
  boto3: ["1.42.97", "py3"],
  botocore: ["1.42.97", "py3"],
  jmespath: ["1.1.0", "py3"],
  "python-dateutil": ["2.9.0.post0", "py2.py3"],
  s3transfer: ["0.16.1", "py3"],
  six: ["1.17.0", "py2.py3"],
  termcolor: ["3.1.0", "py3"],
  urllib3: ["2.6.3", "py3"],
};

const { terraform, helm, node } = VERSIONS;
const kops = `https://github.com/kubernetes/kops/releases/download/v${KOPS_VERSION}/kops-linux-arm64`;
const kubectl = `https://dl.k8s.io/release/v${KUBERNETES_TESTED}/bin/linux/arm64/kubectl`;
const helmArchive = `https://get.helm.sh/helm-v${helm}-linux-arm64.tar.gz`;
const terraformRelease = `https://releases.hashicorp.com/terraform/${terraform}/terraform_${terraform}_`;
const nodeRelease = `https://nodejs.org/dist/v${node}/`;

/**
 * What a controller has beside the packages of its distribution, in the versions that this program works with: `kubectl` of the newest
 * Kubernetes that it was tested with, its kops, CI's Terraform. `npx opsdx controller lock` looks up the checksums.
 */
export const CONTROLLER_TOOLS: readonly ControllerTool[] = [
  { name: "kubectl", version: KUBERNETES_TESTED, kind: "program", url: kubectl, sums: `${kubectl}.sha256` },
  { name: "kops", version: KOPS_VERSION, kind: "program", url: kops, sums: `${kops}.sha256` },
  {
    name: "terraform",
    version: terraform,
    kind: "zip",
    url: `${terraformRelease}linux_arm64.zip`,
    member: "terraform",
    sums: `${terraformRelease}SHA256SUMS`,
  },
  {
    name: "helm",
    version: helm,
    kind: "tar",
    url: helmArchive,
    member: "linux-arm64/helm",
    sums: `${helmArchive}.sha256sum`,
  },
  {
    name: "node",
    version: node,
    kind: "tree",
    url: `${nodeRelease}node-v${node}-linux-arm64.tar.gz`,
    sums: `${nodeRelease}SHASUMS256.txt`,
  },
  ...Object.entries(AWSLOGS).map(([name, [version, pythons]]): ControllerTool => {
    // The registry's own short address of a file: https://docs.pypi.org/api/
    const folder = `${name.slice(0, 1)}/${name}`;
    const file = `${name.replaceAll("-", "_")}-${version}-${pythons}-none-any.whl`;
    return {
      name,
      version,
      kind: "wheel",
      url: `https://files.pythonhosted.org/packages/${pythons}/${folder}/${file}`,
      sums: `https://pypi.org/pypi/${name}/${version}/json`,
    };
  }),
];

/** The file that `npx opsdx controller lock` writes, below the project's folder. */
export const TOOL_LOCK = "config/controller-tools.lock.json";

/** What fills it. */
export const TOOL_LOCK_COMMAND = "npx opsdx controller lock";

const LOCK: LockKind = {
  file: TOOL_LOCK,
  entries: "tools",
  names: z.string().regex(/^https:\/\/\S+$/, "must be the address of a tool, https://…"),
  publisher: "a publisher",
  command: TOOL_LOCK_COMMAND,
};

/** What the lock file holds for these checksums, by the tools' addresses. */
export function toolLockText(lock: DigestLock): string {
  return digestLockText(LOCK, lock);
}

/**
 * Reads a lock file's text.
 * @throws ConfigError naming everything that is wrong with it
 */
export function parseToolLock(text: string): DigestLock {
  return parseDigestLock(LOCK, text);
}

/** A tool with its checksum. */
export interface SummedTool extends ControllerTool {
  /** SHA-256 of what is downloaded, 64 hexadecimal digits. @default - the lock has none yet */
  readonly sha256?: string;
}

/**
 * The tools with the checksums that a lock has.
 * @param lock - the checksums @default - those of the lock file
 * @throws ConfigError when the lock file is not as `controller lock` wrote it
 */
export function summedTools(lock: DigestLock = projectLock()): readonly SummedTool[] {
  return CONTROLLER_TOOLS.map((tool) => ({ ...tool, sha256: lock[tool.url]?.digest.replace("sha256:", "") }));
}

function projectLock(): DigestLock {
  return parseToolLock(readFileSync(path.join(__dirname, path.basename(TOOL_LOCK)), "utf8"));
}
