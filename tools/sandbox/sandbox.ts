import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import { ConfigError, loadConfig, type Config } from "../../config/load";
import { stackName } from "../../config/names";
import { stackNames } from "../../stacks/program";
import { leftOutOf, type LeftOut } from "../../stacks/sandbox/within-emulator-limits";
import { Children } from "../terraform/children";
import { assertKnown, readManifest, withDownstream, withUpstream, type ManifestStack } from "../terraform/manifest";
import { cliConfig, decidesInstallation, ownCliConfig } from "../terraform/providers";
import { accountsOf, writeProfiles } from "./accounts";
import { chooseClusters, clusterLines, clusterVariables, removeClusters, startClusters } from "./clusters";
import { endEarlierRuns, stopEarlierRuns, troubles } from "./earlier-runs";
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
import { findToolchain, type Toolchain } from "./toolchain";
import { Pair } from "./pair";
import type { StackResult } from "./report";
import { fillSecrets } from "./service-secrets";
import { StackRuns } from "./stack-runs";
import { resourcesIn, stacksWithState } from "./state";
import { watching, type Watched } from "./watch";
import { CommandError } from "../command-error";
import { PROJECT_ROOT, readJson, writeWhole } from "../files";
import { isAlive } from "../processes";

/** Settings of {@link Sandbox}. */
export interface SandboxProps {
  /** The sandbox's folder. */
  readonly directory: string;
  /** The program that writes the stacks. @default - the project's `main.ts` */
  readonly main?: string;
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
  /** Folder that gets each second plan as `<stack>.json`, for `opsdx check --plans`. @default - they are not kept */
  readonly plans?: string;
}

/** What a command of the sandbox did. */
export interface SandboxRun {
  /** One for each stack, in order. */
  readonly results: readonly StackResult[];
  /** What of the sandbox itself ended by itself while Terraform ran: the cause of its errors. */
  readonly causes: readonly string[];
  /** What the emulator cannot do, by stack. */
  readonly leftOut: Readonly<Record<string, readonly LeftOut[]>>;
  /** The exit code of the signal that has interrupted it. @default - none has */
  readonly interrupted?: number;
}

/** Runs the program without an account: an emulator on loopback, and everything that Terraform needs to work on it. */
export class Sandbox {
  /** Its files. */
  public readonly paths: SandboxPaths;
  private readonly env: NodeJS.ProcessEnv;
  private readonly stream: NodeJS.WriteStream;
  private readonly main: string;
  /** A second interrupt loses nothing of value: emulator and state start afresh. */
  private readonly children = new Children(["SIGKILL"]);
  private loaded: Config | undefined;

  public constructor({ directory, main = "main.ts", env = process.env, stream = process.stderr }: SandboxProps) {
    this.paths = new SandboxPaths(directory);
    this.env = withMirrors(personsOwn(env, this.paths), this.paths);
    this.main = main;
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
      await this.reconcile("start afresh");
      if (options.cluster === true) await this.chooseClusters(tools, options.charts);
      await this.prepare(tools);
      const all = await this.synthesize();
      const stacks = withUpstream(all, names.length > 0 ? names : this.defaultStacks(all));
      const plans = options.plans === undefined ? undefined : path.resolve(options.plans);
      if (plans !== undefined) mkdirSync(plans, { recursive: true });
      const runs = await this.ready(stacks, plans);
      const { result: results, causes } = await this.watching(() => runs.apply(stacks));
      const leftOut = Object.fromEntries(stacks.map((stack) => [stack.name, leftOutIn(stack)]));
      return { results, causes, leftOut, interrupted: this.children.exitCode };
    });
  }

  /** Shows Terraform's plan of one stack. Returns whether it could be made. */
  public async diff(name: string): Promise<boolean> {
    assertKnown(stackNames(this.config), [name]);
    return this.exclusively("diff", async (tools) => {
      await this.reconcile("refuse");
      await this.prepare(tools);
      const all = await this.synthesize();
      const named = all.filter((stack) => stack.name === name);
      const runs = await this.ready(named);
      const missing = withUpstream(all, [name]).filter(
        (stack) => stack.name !== name && !existsSync(this.paths.stateOf(stack.name)),
      );
      if (missing.length > 0) {
        const first = missing.map((stack) => stack.name).join(" ");
        throw new RefusedError(
          `${name} reads the state of ${first}, which is not applied: npx opsdx sandbox up ${first}`,
        );
      }
      const shown = await Promise.all(named.map((stack) => runs.show(stack)));
      return shown.every(Boolean);
    });
  }

  /** Destroys stacks with all that depends on them. No names: everything. */
  public async destroy(names: readonly string[]): Promise<SandboxRun> {
    // Before anything is started; where the configuration has an error, the stacks tell that were written last.
    if (this.configError() === undefined) assertKnown(stackNames(this.config), names);
    return this.exclusively("destroy", async (tools) => {
      await this.reconcile(names.length > 0 ? "refuse" : "start afresh");
      const all = await this.destroyable(tools);
      assertKnown(
        all.map(({ name }) => name),
        names,
      );
      const asked = names.length > 0 ? withDownstream(all, names) : all;
      const stacks = asked.filter(({ name }) => resourcesIn(this.paths.stateOf(name)) > 0);
      if (stacks.length === 0) return { results: [], causes: [], leftOut: {} };
      const runs = await this.ready(stacks);
      const { result: results, causes } = await this.watching(() => runs.destroy(stacks));
      return { results, causes, leftOut: {}, interrupted: this.children.exitCode };
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
      await this.forget();
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
    const counts = stacksWithState(this.paths).map((name) => ({
      name,
      resources: resourcesIn(this.paths.stateOf(name)),
    }));
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
      ...(status.kind === "running" ? await troubles(this.paths, status.record) : []),
    ];
  }

  /**
   * Makes sure that the emulator and the state belong together, after whatever has happened to earlier commands.
   * @throws RefusedError when they do not, and starting afresh was not what was asked for
   */
  private async reconcile(otherwise: "start afresh" | "refuse"): Promise<void> {
    const status = await emulatorStatus(this.paths);
    if (status.kind !== "running") return stopEarlierRuns(this.paths);
    const { children, paths, stream } = this;
    const pair = new Pair(paths, status.record);
    const lost = await endEarlierRuns({ paths, pair, children, stream });
    children.throwIfInterrupted();
    const why = [...lost, ...(await pair.mismatches())];
    if (why.length === 0) return;
    const words = `The emulator and the state do not belong together any more: ${why.join("; ")}.`;
    if (otherwise === "refuse") {
      throw new RefusedError(
        `${words} Nothing was changed.\n  Start both afresh: npx opsdx sandbox up\n  Forget both: npx opsdx sandbox reset`,
      );
    }
    this.say(`${words} Both start afresh: the emulator holds nothing of value.`);
    await this.forget();
  }

  /** Stops the emulator, the clusters and whatever still works on them. */
  private async forget(): Promise<void> {
    await stopEarlierRuns(this.paths);
    await removeClusters(this.paths);
    await stopEmulator(this.paths);
  }

  private exclusively<T>(verb: string, work: (tools: Toolchain) => Promise<T>): Promise<T> {
    const notice = (interrupts: number): void => {
      this.stream.write(
        interrupts === 1
          ? "\nInterrupted: the stacks under way are brought to their end, then this stops. " +
              "Again stops at once; emulator and state then start afresh with the next run.\n"
          : "\nStopped at once: what was under way is in no state, so the next run starts emulator and state afresh.\n",
      );
    };
    return this.children.forwarding(notice, async () => {
      const tools = await findToolchain({ paths: this.paths, env: this.env });
      return withLock(this.paths, verb, () => work(tools));
    });
  }

  /** Runs the program itself, in sandbox mode, and reads what it wrote. */
  private async synthesize(): Promise<readonly ManifestStack[]> {
    const outdir = this.paths.outdir();
    mkdirSync(outdir, { recursive: true });
    const result = await this.children.start(process.execPath, ["--import", "tsx", this.main], {
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
    this.children.throwIfInterrupted();
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

  /** Starts what the stacks need, and returns what runs Terraform on them. */
  private async ready(stacks: readonly ManifestStack[], plans?: string): Promise<StackRuns> {
    const names = stacks.map(({ name }) => name);
    const { record } = await emulatorStatus(this.paths);
    if (record === undefined) throw new CommandError("the emulator stopped by itself");
    const environments = this.configError() === undefined ? this.config.environments : [];
    await startClusters({
      paths: this.paths,
      environments: environments.filter(({ name }) => names.includes(stackName(name, "stage3"))),
      stsEndpoint: endpointOf(record),
      env: this.env,
      children: this.children,
      say: (message) => this.say(message),
    });
    const { children, paths, stream } = this;
    const env = applied(this.change(record), this.env);
    const afterApply = (stack: string): Promise<void> =>
      fillSecrets(stack, { paths, environments, say: (message) => this.say(message) });
    return new StackRuns({ paths, env, children, stream, plans, afterApply, pair: new Pair(paths, record) });
  }

  /** Starts the emulator if need be, and writes what Terraform and the AWS tools read. */
  private async prepare(tools: Toolchain): Promise<EnvironmentChange> {
    const say = (message: string): void => this.say(message);
    // What the clusters hold is described by state that goes with the emulator.
    if ((await emulatorStatus(this.paths)).kind === "stopped") await removeClusters(this.paths);
    const interpreter = async (): Promise<string> => {
      if (tools.moto !== undefined) return tools.moto.command;
      if (tools.installer === undefined) throw new Error("no Python here can install the emulator");
      return installMoto(tools.installer, { env: this.env, children: this.children, say });
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
}

function leftOutIn({ directory }: ManifestStack): readonly LeftOut[] {
  return leftOutOf((readJson(path.join(directory, "cdk.tf.json")) ?? {}) as Record<string, unknown>);
}
