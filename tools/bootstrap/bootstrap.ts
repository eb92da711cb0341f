import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Config } from "../../config/load";
import { StackModel } from "../../constructs/shared/policy/model";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram, synthesize } from "../../stacks/program";
import { deployCommand } from "../next-step";
import type { Children } from "../terraform/children";
import { readJson, writeWhole } from "../files";
import { freeMiB } from "../disk";
import { Adoption } from "./adoption";
import { LocalState } from "./local-state";
import { BootstrapError, remaining, type Observed, type Remaining } from "./situation";
import { StateAccount } from "./state-account";
import { assertTerraform, endEarlierRuns, Terraform, terraformEnvironment } from "./terraform";

/** Key of the global stack's state. */
const STATE_KEY = "global/global.tfstate";

/** Constructs that must exist before state can move: the bucket and its key. */
const NEEDED = ["global/TerraformState/Key/", "global/TerraformState/Bucket/"];

/**
 * What the bucket has but does not need in order to hold state: it drags in the bucket of the access logs, which is left to
 * the first ordinary deployment.
 */
const NOT_NEEDED = ["aws_s3_bucket_logging"];

/** What must be free on the disk, in MiB: the program and the state take 2, the rest is for what others write meanwhile. */
const MINIMUM_FREE_MIB = 100;

/** Properties of {@link Bootstrap}. */
export interface BootstrapProps {
  /** The configuration. */
  readonly config: Config;
  /** Folder for the synthesized stack and, until it has moved, its state. */
  readonly directory: string;
  /** Environment of Terraform. */
  readonly env: NodeJS.ProcessEnv;
  /** Where processes are started. */
  readonly children: Children;
  /** Tells the person what happens. */
  readonly say: (line: string) => void;
  /** Shows a line of Terraform's output. */
  readonly print: (line: string) => void;
}

/**
 * Makes the state bucket before there is a bucket to keep state in. The stack that declares the bucket is applied with its
 * state on this machine, for the bucket and its key only; then the state moves into the bucket, is checked there, and the
 * local copy goes. Everything else of the stack is made by the first ordinary deployment, with remote state and its lock:
 * the less stands on one machine's disk, and the shorter, the better.
 *
 * Each step looks at what is there and may be repeated; `run` goes on wherever an earlier run has stopped.
 */
export class Bootstrap {
  /** State of the stack until it has moved. */
  public readonly localState: string;

  private readonly account: StateAccount;
  private readonly bucket: string;
  private readonly local: LocalState;
  private readonly begun: string;
  private readonly stackDirectory: string;

  public constructor(private readonly props: BootstrapProps) {
    const { config, directory } = props;
    this.account = new StateAccount(config.global.account);
    this.bucket = config.global.buckets.terraformState;
    this.localState = path.join(directory, "terraform.tfstate");
    this.local = new LocalState(this.localState);
    this.begun = path.join(directory, "begun.json");
    this.stackDirectory = path.join(directory, "stacks", "global");
  }

  /**
   * Checks tools and credentials, and finds out what is left to do. Changes nothing.
   * @throws BootstrapError when something is in the way
   */
  public async look(): Promise<Remaining> {
    const { config, env, say } = this.props;
    if ((env["OPSDX_SANDBOX"] ?? "") !== "") {
      throw new BootstrapError(
        `OPSDX_SANDBOX is set (${env["OPSDX_SANDBOX"] ?? ""}): the sandbox keeps its state on this machine and needs no bucket. Unset it.`,
      );
    }
    this.assertSameBucket();
    say(`Terraform ${await assertTerraform(env)}`);
    say(`Signed in to account ${config.global.account.id} as ${await this.account.assertSignedIn()}`);
    const observed = await this.observe();
    say(
      `Bucket ${this.bucket}: ${observed.bucketExists ? "exists" : "does not exist"}; ` +
        `s3://${this.bucket}/${STATE_KEY}: ${describe(observed.remote)}; ${this.localState}: ${describe(observed.local)}`,
    );
    const left = remaining(observed, this.bucket, this.localState);
    if (left === "everything") this.assertRoom();
    return left;
  }

  /** Waits for what a command that was killed has left at work. */
  public async endEarlierRuns(): Promise<void> {
    this.removeFinished();
    await endEarlierRuns({ ...this.props, runs: this.runs });
  }

  /** What a run would do. */
  public steps(left: Remaining): readonly string[] {
    const check = [
      `check that s3://${this.bucket}/${STATE_KEY} is this state and that a plan is empty`,
      `delete the local copy in ${this.props.directory}`,
    ];
    if (left === "nothing") return [];
    return left === "check"
      ? check
      : [
          `apply the bucket ${this.bucket} and its key, with state in ${this.localState}`,
          `move the state to s3://${this.bucket}/${STATE_KEY}`,
          ...check,
        ];
  }

  /** Does what is left. */
  public async run(left: Remaining): Promise<void> {
    if (left === "nothing") return;
    if (left === "everything") {
      await this.apply();
      await this.move();
    }
    await this.check();
    this.tidy();
  }

  /** Makes the bucket and its key, with local state. What an earlier run made, and no state names, is adopted first. */
  public async apply(): Promise<void> {
    const { say } = this.props;
    say(`Applying the bucket ${this.bucket} and its key; state in ${this.localState}`);
    const repeated = existsSync(this.begun) || existsSync(this.localState);
    writeWhole(this.begun, `${JSON.stringify(this.place)}\n`);
    const targets = this.synthesize("local");
    const mended = this.local.mend(this.stackDirectory);
    if (mended !== undefined) say(mended);
    const terraform = this.terraform();
    await terraform.init();
    if (repeated) {
      for (const address of this.local.unfinished()) await terraform.untaint(address);
      await this.adopt(targets);
    }
    await terraform.apply(targets);
  }

  /** Takes into the local state what an earlier run made and could not write down any more. */
  private async adopt(targets: readonly string[]): Promise<void> {
    const adoption = new Adoption(this.json(), targets, path.join(this.props.directory, "adoption"), this.local);
    if (adoption.isComplete()) return;
    this.props.say("Looking for what an earlier run made and could not write down");
    const found = await adoption.run((directory) => this.terraform(directory));
    for (const line of found) this.props.say(line);
  }

  /**
   * Moves the local state into the bucket, under its lock. A push refuses to overwrite another state that has got there
   * meanwhile; `init -migrate-state -force-copy` does not.
   */
  public async move(): Promise<void> {
    this.props.say(`Moving the state to s3://${this.bucket}/${STATE_KEY}`);
    this.synthesize("s3");
    const terraform = this.terraform();
    await terraform.init();
    await terraform.push(this.localState);
  }

  /**
   * Checks the moved state against the local copy and against the world.
   * @throws BootstrapError when either differs; the local copy stays
   */
  public async check(): Promise<void> {
    this.props.say("Checking the moved state");
    const observed = await this.observe();
    if (remaining(observed, this.bucket, this.localState) === "everything") {
      throw new BootstrapError(
        `s3://${this.bucket}/${STATE_KEY} does not exist after the move; the state is still in ${this.localState}. Run the same command again.`,
      );
    }
    const targets = this.synthesize("s3");
    const terraform = this.terraform();
    await terraform.init();
    if (!(await terraform.isUpToDate(targets))) {
      throw new BootstrapError(
        `The state has moved, but the plan above is not empty: something changed the bucket or its key meanwhile. ` +
          `Look at it, then \`${deployCommand("global")}\`; the local copy stays in ${this.localState} until this command finds nothing to change.`,
      );
    }
  }

  /** Deletes the local copy and the folder it was made in, in one step for whoever looks later. */
  public tidy(): void {
    renameSync(this.props.directory, this.finished);
    this.removeFinished();
    this.props.say(`Deleted ${this.props.directory}: the state lives in s3://${this.bucket}/${STATE_KEY} only`);
  }

  /** Deletes the folder of a run that was stopped while it deleted it. */
  private removeFinished(): void {
    rmSync(this.finished, { recursive: true, force: true });
  }

  private async observe(): Promise<Observed> {
    const bucketExists = await this.account.hasBucket(this.bucket);
    return {
      bucketExists,
      remote: bucketExists ? await this.account.state(this.bucket, STATE_KEY) : undefined,
      local: this.local.contents(),
      begun: existsSync(this.begun),
    };
  }

  /**
   * Writes the program as it is for real accounts, and beside the global stack a file that overrides its backend while the
   * state is local. Returns the addresses to make.
   * @see https://developer.hashicorp.com/terraform/language/files/override
   */
  private synthesize(backend: "local" | "s3"): readonly string[] {
    const { config, directory } = this.props;
    mkdirSync(directory, { recursive: true });
    const program = buildProgram(config, deploymentFor(config.global, {}), directory);
    synthesize(program);
    const override = path.join(this.stackDirectory, "backend_override.tf.json");
    if (backend === "s3") rmSync(override, { force: true });
    else {
      writeFileSync(override, JSON.stringify({ terraform: { backend: { local: { path: this.localState } } } }));
    }
    return new StackModel("global", this.json()).resources
      .filter(({ path: place, type }) => NEEDED.some((part) => place.startsWith(part)) && !NOT_NEEDED.includes(type))
      .map(({ address }) => address);
  }

  private json(): Record<string, unknown> {
    return JSON.parse(readFileSync(path.join(this.stackDirectory, "cdk.tf.json"), "utf8")) as Record<string, unknown>;
  }

  private terraform(place = this.stackDirectory): Terraform {
    const { children, directory, env, print } = this.props;
    const runs = this.runs;
    return new Terraform({ directory: place, runs, env: terraformEnvironment(directory, env), children, print });
  }

  private get runs(): string {
    return path.join(this.props.directory, "runs");
  }

  /** The folder, once everything is checked and only its deletion is left. */
  private get finished(): string {
    return `${this.props.directory}.finished`;
  }

  private get place(): { readonly bucket: string; readonly account: string } {
    return { bucket: this.bucket, account: this.props.config.global.account.id };
  }

  private assertRoom(): void {
    const free = freeMiB(this.props.directory);
    if (free >= MINIMUM_FREE_MIB) return;
    throw new BootstrapError(
      `The disk of ${this.props.directory} must have ${MINIMUM_FREE_MIB} MiB free, got ${free}: a state that cannot be written is lost. Nothing was changed.`,
    );
  }

  private assertSameBucket(): void {
    const begun = readJson(this.begun) as Partial<Bootstrap["place"]> | undefined;
    const { bucket, account } = this.place;
    if (begun === undefined || (begun.bucket === bucket && begun.account === account)) return;
    throw new BootstrapError(
      `An earlier run began to make the bucket ${begun.bucket ?? "?"} in account ${begun.account ?? "?"}, and config/global.ts says ${bucket} in account ${account}.\n` +
        `End that run first, with the configuration as it was; or, if nothing of it is wanted, delete its bucket and key, then ${this.props.directory}.`,
    );
  }
}

function describe(state: Observed["local"]): string {
  if (state === "broken") return "there, but not whole";
  return state === undefined ? "none" : `${Object.keys(state).length} resources`;
}
