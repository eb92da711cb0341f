import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { RefusedError } from "../../config/explained-error";
import { ask, type Answer } from "../ask";
import { CommandError } from "../command-error";
import { userCache } from "../files";
import { chartFault } from "../sandbox/charts";
import type { ChartSource, Values } from "./releases";

/** How long Helm may take for one chart, in milliseconds: rendering takes a second at most, a download what the network gives. */
const LIMIT_MS = 120_000;

/** What is rendered. */
export interface RenderProps {
  /** Name of the release. */
  readonly name: string;
  /** Namespace of the release. */
  readonly namespace: string;
  /** Folder or archive of the chart. */
  readonly chart: string;
  /** Values. */
  readonly values: Values;
  /** Version of Kubernetes that the chart finds. */
  readonly kubernetes: string;
  /** Groups, versions and kinds that it finds beside Kubernetes' own. */
  readonly apiVersions: readonly string[];
  /** Whether definitions of kinds that stand beside its templates count. */
  readonly crds: boolean;
}

/** What Helm said to a chart and its values. */
export type Rendering = { readonly text: string } | { readonly refusal: string };

/** The person's Helm. */
export class Helm {
  private readonly folder = mkdtempSync(path.join(os.tmpdir(), "opsdx-charts-"));
  private runs = 0;

  /**
   * @param file - the program
   * @param version - its version
   * @param env - the whole environment of this process
   */
  public constructor(
    private readonly file: string,
    public readonly version: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Renders a chart, as an installation would. */
  public async render({
    apiVersions,
    chart,
    crds,
    kubernetes,
    name,
    namespace,
    values,
  }: RenderProps): Promise<Rendering> {
    this.runs += 1;
    const file = path.join(this.folder, `${this.runs}.json`);
    // Helm's provider reads JSON as YAML, and so does Helm.
    writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
    const words = ["template", name, chart, "--namespace", namespace, "--values", file, "--kube-version", kubernetes];
    const known = apiVersions.flatMap((version) => ["--api-versions", version]);
    const answer = await this.ask([...words, ...known, ...(crds ? ["--include-crds"] : [])]);
    rmSync(file);
    return answer.exitCode === 0 ? { text: answer.stdout } : { refusal: wordsOf(answer) };
  }

  /**
   * The archive of a chart from its repository, downloaded once.
   * @throws CommandError when the repository does not give it
   */
  public async pull({ name, repository = "", version = "" }: ChartSource): Promise<string> {
    const folder = path.join(
      userCache(this.env),
      "charts",
      createHash("sha256").update(repository).digest("hex").slice(0, 12),
    );
    const file = path.join(folder, `${name}-${version}.tgz`);
    if (existsSync(file) && chartFault(path.basename(file), readFileSync(file)) === undefined) return file;
    mkdirSync(folder, { recursive: true });
    const oci = repository.startsWith("oci://");
    const chart = oci ? [`${repository.replace(/\/$/, "")}/${name}`] : [name, "--repo", repository];
    const answer = await this.ask(["pull", ...chart, "--version", version, "--destination", folder]);
    if (answer.exitCode !== 0)
      throw new CommandError(`${name} ${version} is not to be had from ${repository}: ${wordsOf(answer)}`);
    return file;
  }

  /** Takes away what it needed on the way. */
  public close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Its own folders, so that nobody's settings, plugins or logins decide. */
  private async ask(words: readonly string[]): Promise<Answer> {
    const own = Object.fromEntries(
      ["CACHE", "CONFIG", "DATA"].map((kind) => [`HELM_${kind}_HOME`, path.join(this.folder, kind.toLowerCase())]),
    );
    const { HOME, PATH, HTTPS_PROXY, HTTP_PROXY, NO_PROXY, SSL_CERT_FILE } = this.env;
    const answer = await ask(this.file, words, {
      env: { HOME, PATH, HTTPS_PROXY, HTTP_PROXY, NO_PROXY, SSL_CERT_FILE, ...own },
      limit: LIMIT_MS,
    });
    if (answer.notStarted === undefined) return answer;
    throw new RefusedError(`helm cannot be started at "${this.file}": ${answer.notStarted}`);
  }
}

function wordsOf({ stderr, stdout, exitCode }: Answer): string {
  const words = [stderr, stdout].map((text) => text.trim()).find((text) => text !== "");
  return (words ?? `exit code ${String(exitCode)}`).replace(/\s*Use --debug flag[^]*$/, "").replace(/^Error: /, "");
}

/**
 * The person's Helm: the program that `--helm` or `OPSDX_HELM` names, or the one on the PATH.
 * @throws RefusedError when there is none, or it is another program
 */
export async function findHelm(named: string | undefined, env: NodeJS.ProcessEnv): Promise<Helm> {
  const file = (named ?? env["OPSDX_HELM"] ?? "") || "helm";
  const { notStarted, stdout } = await ask(file, ["version", "--short"], { env });
  const [, version] = /^v(\d+\.\d+\S*)/.exec(stdout.trim()) ?? [];
  if (notStarted === undefined && version !== undefined) return new Helm(file, version, env);
  throw new RefusedError(
    `Helm 3 or later must be on the PATH, or named by --helm or OPSDX_HELM, got ${notStarted === undefined ? "another program" : "nothing"} at "${file}". Install it: https://helm.sh/docs/intro/install/`,
  );
}

/**
 * The chart of a release in a folder of charts: `<name>-<version>.tgz`, or a folder with that version in its `Chart.yaml`.
 * @throws RefusedError when the archive is not whole, or is of another chart
 */
export function chartIn(folder: string, { name, version = "" }: ChartSource): string | undefined {
  const archive = path.join(folder, `${name}-${version}.tgz`);
  if (existsSync(archive)) {
    const fault = chartFault(path.basename(archive), readFileSync(archive));
    if (fault !== undefined) throw new RefusedError(`${archive} ${fault}`);
    return archive;
  }
  return [`${name}-${version}`, name].map((one) => path.join(folder, one)).find((one) => versionOf(one) === version);
}

function versionOf(folder: string): string | undefined {
  const file = path.join(folder, "Chart.yaml");
  if (!existsSync(file)) return undefined;
  return (parse(readFileSync(file, "utf8")) as { readonly version?: string } | null)?.version;
}

/** Digest of a chart: of its archive, or of every file in its folder. */
export function chartDigest(chart: string): string {
  const hash = createHash("sha256");
  if (statSync(chart).isFile()) return hash.update(readFileSync(chart)).digest("hex");
  for (const file of (readdirSync(chart, { recursive: true }) as string[]).sort()) {
    const whole = path.join(chart, file);
    if (statSync(whole).isFile()) hash.update(`${file}\0`).update(readFileSync(whole));
  }
  return hash.digest("hex");
}
