import { readFileSync } from "node:fs";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import type { Config } from "../../config/load";
import { stackName } from "../../config/names";
import { StackModel } from "../../constructs/shared/policy/model";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram, synthesize } from "../../stacks/program";

/** A stack as Terraform will read it. */
export interface SynthesizedStack {
  /** Its resources. */
  readonly stack: StackModel;
  /** Folder of its `cdk.tf.json`, relative to the working folder where that is shorter to read. */
  readonly directory: string;
}

/**
 * Synthesizes the whole program into `cdktf.out`, as the cdktf CLI would, and reads an environment's stage2.
 * @throws RefusedError in the sandbox, which has no nodes
 */
export function synthesizedStage2(config: Config, environment: string): SynthesizedStack {
  const deployment = deploymentFor(config.global);
  if (deployment.kind === "sandbox") {
    throw new RefusedError("an upgrade rolls nodes, and the sandbox has none: unset OPSDX_SANDBOX");
  }
  const outdir = path.resolve(__dirname, "../../cdktf.out");
  synthesize(buildProgram(config, deployment, outdir));
  return readStack(outdir, stackName(environment, "stage2"));
}

/** Reads a synthesized stack of an output folder. */
export function readStack(outdir: string, name: string): SynthesizedStack {
  const directory = path.join(outdir, "stacks", name);
  const json = JSON.parse(readFileSync(path.join(directory, "cdk.tf.json"), "utf8")) as Record<string, unknown>;
  return { stack: new StackModel(name, json), directory: path.relative(process.cwd(), directory) };
}
