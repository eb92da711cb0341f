import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";
import semver from "semver";
import { ask } from "../ask";
import { userCache } from "../files";
import { Children } from "../terraform/children";

/** The programs of a control plane, and kwok, which stands in for its nodes. */
export const PROGRAMS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"] as const;

/** One of {@link PROGRAMS}. */
export type Program = (typeof PROGRAMS)[number];

/** Where each program lies. */
export type Binaries = Readonly<Record<Program, string>>;

/** The programs, or why they cannot be had on this machine. */
export type BinariesSearch =
  { readonly kind: "found"; readonly binaries: Binaries } | { readonly kind: "missing"; readonly reason: string };

/** Settings of {@link findBinaries}. */
export interface FindBinariesProps {
  /** The environment: `KUBEBUILDER_ASSETS`, `XDG_CACHE_HOME`, `HOME`, `PATH` and Go's own variables. */
  readonly env: NodeJS.ProcessEnv;
  /** Tells the person what happens. */
  readonly say: (message: string) => void;
  /** Where a build is started: an interrupt stops it. @default - the search takes interrupts itself */
  readonly children?: Children;
}

/** The Go module that pins the programs. */
const MODULE = __dirname;
/** What `KUBEBUILDER_ASSETS` always holds: https://book.kubebuilder.io/reference/envtest */
const ALWAYS_IN_ASSETS: readonly Program[] = ["etcd", "kube-apiserver"];
/** Package of each program, and the name that Go gives what it builds from it. */
const PACKAGES: Readonly<Record<Program, readonly [importPath: string, builtAs: string]>> = {
  etcd: ["go.etcd.io/etcd/server/v3", "server"],
  "kube-apiserver": ["k8s.io/kubernetes/cmd/kube-apiserver", "kube-apiserver"],
  "kube-controller-manager": ["k8s.io/kubernetes/cmd/kube-controller-manager", "kube-controller-manager"],
  "kube-scheduler": ["k8s.io/kubernetes/cmd/kube-scheduler", "kube-scheduler"],
  kwok: ["sigs.k8s.io/kwok/cmd/kwok", "kwok"],
};
const DRAFT = ".building-";

/**
 * Finds the programs: where `KUBEBUILDER_ASSETS` says, else in the cache, else by building them once.
 * @throws InterruptedError when an interrupt stopped the build; the next search builds again
 */
export async function findBinaries({ children, ...props }: FindBinariesProps): Promise<BinariesSearch> {
  if (children !== undefined) return find(props, children);
  const own = new Children();
  return own.forwarding(
    () => props.say("Interrupted: the build stops."),
    () => find(props, own),
  );
}

async function find({ env, say }: FindBinariesProps, children: Children): Promise<BinariesSearch> {
  const assets = env["KUBEBUILDER_ASSETS"] ?? "";
  const given = assets === "" ? {} : programsIn(assets);
  const absent = assets === "" ? [] : ALWAYS_IN_ASSETS.filter((name) => given[name] === undefined);
  if (absent.length > 0) {
    return { kind: "missing", reason: `KUBEBUILDER_ASSETS is ${assets}, which has no ${absent.join(" and no ")}` };
  }
  if (isComplete(given)) return { kind: "found", binaries: given };

  const folder = cacheFolder(env);
  const cached = programsIn(folder);
  if (!isComplete(cached)) {
    const failure = await build(folder, { env, say, children });
    if (failure !== undefined) return { kind: "missing", reason: failure };
  }
  const all = { ...programsIn(folder), ...given };
  if (!isComplete(all)) throw new Error(`${folder}: Go built ${Object.keys(all).join(", ")} only`);
  return { kind: "found", binaries: all };
}

/** Folder of the programs that were built from this version of the module, for this platform. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const digest = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const file of ["go.mod", "go.sum"]) digest.update(readFileSync(path.join(MODULE, file)));
  return path.join(userCache(env), "cluster", digest.digest("hex").slice(0, 16));
}

function programsIn(folder: string): Partial<Binaries> {
  const found = PROGRAMS.map((name) => [name, path.join(folder, name)] as const).filter(([, file]) => runs(file));
  return Object.fromEntries(found);
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    // A disk that was full leaves empty ones.
    return statSync(file).size > 0;
  } catch {
    return false;
  }
}

function isComplete(binaries: Partial<Binaries>): binaries is Binaries {
  return PROGRAMS.every((name) => binaries[name] !== undefined);
}

/** Builds every program into the folder. Returns why it could not. */
async function build(folder: string, { env, say, children }: Required<FindBinariesProps>): Promise<string | undefined> {
  const unfit = await unfitGo(env);
  if (unfit !== undefined) {
    return (
      `the programs of the control plane are not in ${folder}, and cannot be built: ${unfit}. ` +
      "Install Go, or name a folder that has them in KUBEBUILDER_ASSETS"
    );
  }
  const parent = path.dirname(folder);
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (name.startsWith(DRAFT)) removeAbandoned(path.join(parent, name));
  }
  say(`Building the Kubernetes control plane into ${folder}: about ten minutes, once.`);
  const began = Date.now();
  const minutes = (): number => Math.round((Date.now() - began) / 60_000);
  const progress = setInterval(() => say(`Still building: ${minutes()} min.`), 60_000);
  // Renamed when it is whole, so that what an interrupt leaves is never taken for programs.
  const draft = mkdtempSync(path.join(parent, `${DRAFT}${process.pid}-`));
  try {
    const packages = PROGRAMS.map((name) => PACKAGES[name][0]);
    const result = await children.start(
      "go",
      ["build", "-mod=readonly", "-trimpath", `-ldflags=${linkerFlags()}`, "-o", `${draft}/`, ...packages],
      { cwd: MODULE, env: { ...env, GOWORK: "off" }, extendEnv: false },
    );
    if (result.failed) {
      children.throwIfInterrupted();
      const tail = result.stderr.trim().split("\n").slice(-10).join("\n");
      return `the programs of the control plane could not be built: go build ended with ${result.exitCode}:\n${tail}`;
    }
    for (const name of PROGRAMS) {
      const builtAs = PACKAGES[name][1];
      if (builtAs !== name) renameSync(path.join(draft, builtAs), path.join(draft, name));
    }
    moveInto(draft, folder);
    say(`Built in ${minutes()} min.`);
    return undefined;
  } finally {
    clearInterval(progress);
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Another command may have built the same programs meanwhile: those are as good. */
function moveInto(draft: string, folder: string): void {
  if (isComplete(programsIn(folder))) return;
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (!isComplete(programsIn(folder))) throw error;
  }
}

/** Removes a build that was interrupted: the process in its name is gone. */
function removeAbandoned(draft: string): void {
  const pid = Number(path.basename(draft).slice(DRAFT.length).split("-")[0]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Why Go cannot build the module; undefined when it can.
 * @throws SilentProgramError when it does not answer
 */
async function unfitGo(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const wanted = moduleLine(/^go (\S+)$/m);
  const { exitCode, notStarted, stdout, stderr } = await ask("go", ["env", "GOVERSION"], { cwd: MODULE, env });
  if (notStarted === "ENOENT") return `Go is not on the PATH (${wanted} or newer is needed)`;
  if (exitCode !== 0) return `Go does not start (${wanted} or newer is needed): ${notStarted ?? stderr}`;
  const version = semver.coerce(stdout);
  return version === null || semver.lt(version, wanted)
    ? `Go ${wanted} or newer is needed, and ${stdout} is on the PATH`
    : undefined;
}

/** Without these the API server says that it is version 0.0.0, which charts refuse. */
function linkerFlags(): string {
  const version = moduleLine(/^\tk8s\.io\/kubernetes v(\S+)/m);
  const facts = {
    gitMajor: semver.major(version),
    gitMinor: semver.minor(version),
    gitVersion: `v${version}`,
    gitCommit: "unknown",
    gitTreeState: "archive",
  };
  const set = Object.entries(facts).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ["-s -w", ...set].join(" ");
}

function moduleLine(pattern: RegExp): string {
  const found = pattern.exec(readFileSync(path.join(MODULE, "go.mod"), "utf8"))?.[1];
  if (found === undefined) throw new Error(`${path.join(MODULE, "go.mod")} has no line ${String(pattern)}`);
  return found;
}
