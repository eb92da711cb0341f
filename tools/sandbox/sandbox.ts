import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { ConfigError, loadConfig, type Config } from "../../config/load";
import { stackName } from "../../config/names";
import { stackNames } from "../../stacks/program";
import { leftOutOf, type LeftOut } from "../../stacks/sandbox/within-emulator-limits";
import { Children } from "../terraform/children";
import { assertKnown, readManifest, withDownstream, withUpstream, type ManifestStack } from "../terraform/manifest";
import { cliConfig, decidesInstallation, ownCliConfig } from "../terraform/providers";
import { accountsOf, writeProfiles } from "./accounts";
import { chooseClusters, clusterLines, clusterVariables, removeClusters, startClusters } from "./clusters";
import { emulatorStatus, ensureEmulator, stopEmulator } from "./emulator";
import { endpointOf } from "../../stacks/sandbox/running-sandbox";
import {
  applied,
  personsOwn,
  rememberMirrors,
  sandboxEnvironment,
  withMirrors,
  type EnvironmentChange,
} from "./environment";
import { assertOurs, deleteMade } from "./folder";
import { withLock } from "./lock";
import { installMoto } from "./moto";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { preflight, type Toolchain } from "./preflight";
import type { StackResult } from "./report";
import { StackRuns } from "./stack-runs";
import { resourcesIn } from "./state";
import { watching, type Watched } from "./watch";
import { CommandError } from "../command-error";
import { PROJECT_ROOT, readJson, writeWhole } from "../files";
import { isAlive } from "../processes";

/** Settings of {@link Sandbox}. */
export interface SandboxProps {
  /** The sandbox's folder. */
  readonly directory: string;
  /** The person's environment. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Where progress is shown. @default - standard error */
  readonly stream?: NodeJS.WriteStream;
}

/** What `up` is asked for beside stacks. */
export interface UpOptions {
  /** Apply what runs on clusters too, on local control planes. @default - as in an earlier `up` */
  readonly cluster?: boolean;
  /** Folder of charts, `<chart>-<version>.tgz`. @default - charts come from their repositories */
  readonly charts?: string;
}

/** What a command of the sandbox did. */
export interface SandboxRun {
  readonly results: readonly StackResult[];
  /** What of the sandbox itself ended by itself while Terraform ran: the cause of its errors. */
  readonly causes: readonly string[];
  /** What the emulator cannot do, by stack. */
  readonly leftOut: Readonly<Record<string, readonly LeftOut[]>>;
}

/** Runs the program without an account: an emulator on loopback, and everything that Terraform needs to work on it. */
export class Sandbox {
  public readonly paths: SandboxPaths;
  private readonly env: NodeJS.ProcessEnv;
  private readonly stream: NodeJS.WriteStream;
  private readonly children = new Children();
  private loaded: Config | undefined;

  public constructor({ directory, env = process.env, stream = process.stderr }: SandboxProps) {
    this.paths = new SandboxPaths(directory);
    this.env = withMirrors(personsOwn(env, this.paths), this.paths);
    this.stream = stream;
  }

  /**
   * Read only by what cannot do without: a configuration with an error keeps nobody from `status`, `destroy`, `env` and `reset`.
   * @throws ConfigError when the configuration breaks a rule
   */
  private get config(): Config {
    this.loaded ??= loadConfig();
    return this.loaded;
  }

  /** Applies stacks with all they depend on, then plans them again. No names: the shared stack and the first environment's. */
  public async up(names: readonly string[], options: UpOptions = {}): Promise<SandboxRun> {
    assertKnown(stackNames(this.config), names);
    return this.exclusively("up", async (tools) => {
      if (options.cluster === true) await this.chooseClusters(tools, options.charts);
      await this.prepare(tools);
      const all = await this.synthesize();
      const stacks = withUpstream(all, names.length > 0 ? names : this.defaultStacks(all));
      const env = await this.ready(stacks);
      const { result: results, causes } = await this.watching(() => this.runs(env).apply(stacks));
      return { results, causes, leftOut: Object.fromEntries(stacks.map((stack) => [stack.name, leftOutIn(stack)])) };
    });
  }

  /** Shows Terraform's plan of one stack. Returns whether it could be made. */
  public async diff(name: string): Promise<boolean> {
    assertKnown(stackNames(this.config), [name]);
    return this.exclusively("diff", async (tools) => {
      await this.prepare(tools);
      const all = await this.synthesize();
      const env = await this.ready(all.filter((stack) => stack.name === name));
      const missing = withUpstream(all, [name]).filter(
        (stack) => stack.name !== name && !existsSync(this.paths.stateOf(stack.name)),
      );
      if (missing.length > 0) {
        const first = missing.map((stack) => stack.name).join(" ");
        throw new CommandError(
          `${name} reads the state of ${first}, which is not applied: npx opsdx sandbox up ${first}`,
        );
      }
      const shown = await Promise.all(
        all.filter((stack) => stack.name === name).map((stack) => this.runs(env).show(stack)),
      );
      return shown.every(Boolean);
    });
  }

  /** Destroys stacks with all that depends on them. No names: everything. */
  public destroy(names: readonly string[]): Promise<SandboxRun> {
    return this.exclusively("destroy", async (tools) => {
      const all = await this.destroyable(tools);
      assertKnown(
        all.map(({ name }) => name),
        names,
      );
      const asked = names.length > 0 ? withDownstream(all, names) : all;
      const stacks = asked.filter(({ name }) => resourcesIn(this.paths.stateOf(name)) > 0);
      if (stacks.length === 0) return { results: [], causes: [], leftOut: {} };
      const env = await this.ready(stacks);
      const { result: results, causes } = await this.watching(() => this.runs(env).destroy(stacks));
      return { results, causes, leftOut: {} };
    });
  }

  /** Starts what is missing and returns the environment for other tools. */
  public async environment(): Promise<EnvironmentChange> {
    const status = await emulatorStatus(this.paths);
    if (status.kind === "running" && existsSync(this.paths.awsCredentials())) return this.change(status.record);
    return this.exclusively("env", (tools) => this.prepare(tools));
  }

  /**
   * Stops the emulator and deletes what the sandbox made. Returns whether there was anything.
   * @throws CommandError when the folder is not the sandbox's
   */
  public async reset(): Promise<boolean> {
    if (!existsSync(this.paths.directory)) return false;
    assertOurs(this.paths);
    return withLock(this.paths, "reset", async () => {
      await removeClusters(this.paths);
      await stopEmulator(this.paths);
      const stay = deleteMade(this.paths);
      if (stay.length > 0) this.say(`${this.paths.directory} stays: the sandbox did not make ${stay.join(", ")}.`);
      return true;
    });
  }

  /** What there is now, in lines. */
  public async status(): Promise<readonly string[]> {
    const status = await emulatorStatus(this.paths);
    const emulator = {
      running: () => `running at ${endpointOf(status.record ?? { port: 0 })}`,
      silent: () => "runs but does not answer",
      stopped: () => "not running",
    }[status.kind]();
    const lock = readJson(this.paths.lock()) as { pid: number; verb: string } | undefined;
    const stacks = existsSync(path.join(this.paths.outdir(), "manifest.json")) ? readManifest(this.paths.outdir()) : [];
    const counts = stacks.map(({ name }) => ({ name, resources: resourcesIn(this.paths.stateOf(name)) }));
    const held = counts.filter(({ resources }) => resources > 0);
    return [
      `folder: ${this.paths.directory}${existsSync(this.paths.directory) ? "" : " (absent)"}`,
      `emulator: ${emulator}${status.record === undefined ? "" : ` (process ${status.record.pid}, started ${status.record.startedAt})`}`,
      ...(lock !== undefined && isAlive(lock.pid) ? [`busy: "${lock.verb}", process ${lock.pid}`] : []),
      ...(await clusterLines(this.paths)),
      ...held.map(({ name, resources }) => `${name}: ${resources} resources`),
      ...(held.length > 0 && status.kind === "stopped"
        ? [
            "The emulator held these in memory, so they are gone; the next `up` moves their state aside and starts afresh.",
          ]
        : []),
    ];
  }

  private exclusively<T>(verb: string, work: (tools: Toolchain) => Promise<T>): Promise<T> {
    const notice = (interrupts: number): void => {
      this.stream.write(
        interrupts === 1
          ? "\nInterrupted: waiting for Terraform to finish what it has started and to save its state. Again stops it at once.\n"
          : "\nStopping at once.\n",
      );
    };
    return this.children.forwarding(notice, async () => {
      const tools = await preflight({ paths: this.paths, env: this.env });
      return withLock(this.paths, verb, () => work(tools));
    });
  }

  /** Runs the program itself, in sandbox mode, and reads what it wrote. */
  private async synthesize(): Promise<readonly ManifestStack[]> {
    const outdir = this.paths.outdir();
    mkdirSync(outdir, { recursive: true });
    const result = await this.children.start(process.execPath, ["--import", "tsx", "main.ts"], {
      cwd: PROJECT_ROOT,
      env: {
        ...this.env,
        ...clusterVariables(this.paths),
        OPSDX_SANDBOX: this.paths.directory,
        CDKTF_OUTDIR: outdir,
        CDKTF_CONTEXT_JSON: undefined,
      },
      extendEnv: false,
      stdin: "ignore",
    });
    if (result.exitCode !== 0) throw new CommandError(result.stderr.trim());
    return readManifest(outdir);
  }

  private watching<T>(work: () => Promise<T>): Promise<Watched<T>> {
    return watching(this.paths, (line) => this.say(line), work);
  }

  private say(message: string): void {
    this.stream.write(`${message}\n`);
  }

  private async chooseClusters(tools: Toolchain, charts: string | undefined): Promise<void> {
    const network = await tools.registryAnswers();
    chooseClusters({
      paths: this.paths,
      mirrors: tools.mirrors,
      otherSources: network || decidesInstallation(tools.ownCliConfig?.text ?? ""),
      network,
      charts,
      say: (message) => this.say(message),
    });
  }

  /**
   * What there is to destroy. With an error in the configuration it is the stacks as they were last synthesized: they are what was
   * applied.
   */
  private async destroyable(tools: Toolchain): Promise<readonly ManifestStack[]> {
    const broken = this.configError();
    if (broken === undefined) {
      await this.prepare(tools);
      return this.synthesize();
    }
    this.say(`${broken.message}\nThe stacks are taken as they were last synthesized.`);
    const { kind } = await emulatorStatus(this.paths);
    return kind === "running" && existsSync(this.manifest()) ? readManifest(this.paths.outdir()) : [];
  }

  private configError(): ConfigError | undefined {
    try {
      this.loaded ??= loadConfig();
      return undefined;
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
  }

  private readonly manifest = (): string => path.join(this.paths.outdir(), "manifest.json");

  /** Starts what the stacks need, and returns the environment of Terraform. */
  private async ready(stacks: readonly ManifestStack[]): Promise<NodeJS.ProcessEnv> {
    const names = stacks.map(({ name }) => name);
    const { record } = await emulatorStatus(this.paths);
    if (record === undefined) throw new CommandError("the emulator stopped by itself");
    const environments = this.configError() === undefined ? this.config.environments : [];
    await startClusters({
      paths: this.paths,
      environments: environments.filter(({ name }) => names.includes(stackName(name, "stage3"))),
      stsEndpoint: endpointOf(record),
      env: this.env,
      say: (message) => this.say(message),
    });
    return applied(this.change(record), this.env);
  }

  /** Starts the emulator if need be, and writes what Terraform and the AWS tools read. */
  private async prepare(tools: Toolchain): Promise<EnvironmentChange> {
    const say = (message: string): void => this.say(message);
    // What the clusters hold is described by state that goes with the emulator.
    if ((await emulatorStatus(this.paths)).kind === "stopped") await removeClusters(this.paths);
    const interpreter = async (): Promise<string> => {
      if (tools.moto !== undefined) return tools.moto.command;
      if (tools.installer === undefined) throw new Error("no Python here can install the emulator");
      say(`Installing the emulator into ${this.paths.venv()} (once, about a minute) …`);
      return installMoto(this.paths, tools.installer, this.children, this.env);
    };
    const emulator = await ensureEmulator({ paths: this.paths, env: this.env, interpreter, say });
    await writeProfiles(this.paths, emulator, accountsOf(this.config));
    const own = tools.ownCliConfig;
    if (own === undefined || !decidesInstallation(own.text)) {
      const text = cliConfig({ mirrors: tools.mirrors, cacheDirectory: this.paths.providers(), own: own?.text });
      mkdirSync(this.paths.providers(), { recursive: true });
      writeWhole(this.paths.cliConfig(), text);
    } else {
      rmSync(this.paths.cliConfig(), { force: true });
    }
    mkdirSync(this.paths.state(), { recursive: true });
    rememberMirrors(this.env, this.paths);
    return this.change(emulator);
  }

  private change(emulator: { readonly port: number }): EnvironmentChange {
    const own = ownCliConfig(this.env)?.file;
    const cliConfigFile = own === undefined || existsSync(this.paths.cliConfig()) ? this.paths.cliConfig() : own;
    return sandboxEnvironment({
      paths: this.paths,
      emulator,
      profile: this.configError() === undefined ? (this.config.environments[0]?.name ?? "global") : "global",
      cliConfig: cliConfigFile,
      clusters: clusterVariables(this.paths),
      env: this.env,
    });
  }

  private defaultStacks(all: readonly ManifestStack[]): readonly string[] {
    const [first] = this.config.environments;
    return all.map(({ name }) => name).filter((name) => name === "global" || name.startsWith(`${first?.name ?? ""}-`));
  }

  private runs(env: NodeJS.ProcessEnv): StackRuns {
    return new StackRuns({ paths: this.paths, env, children: this.children, stream: this.stream });
  }
}

function leftOutIn({ directory }: ManifestStack): readonly LeftOut[] {
  return leftOutOf((readJson(path.join(directory, "cdk.tf.json")) ?? {}) as Record<string, unknown>);
}
