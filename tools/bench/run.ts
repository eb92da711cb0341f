import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import execa from "execa";
import { reportError } from "../../config/explained-error";

const ROOT = path.resolve(__dirname, "../..");
const TABLE = path.join(ROOT, "docs/benchmarks.md");

/** How a checkout runs its program: the `app` of its cdktf.json. */
function appOf(checkout: string): readonly string[] {
  const { app } = JSON.parse(readFileSync(path.join(checkout, "cdktf.json"), "utf8")) as { app: string };
  return app.split(" ");
}

/** One measured run of a command. */
interface Sample {
  readonly seconds: number;
  /** Processor time of its Node processes in seconds: what other work on the machine changes least. */
  readonly processor: number;
  /** Peak resident memory of the largest process, MiB. */
  readonly mebibytes: number;
}

/** Runs a command once in a checkout, its synth going to `outdir`. */
async function measure(
  command: readonly string[],
  outdir: string,
  env: NodeJS.ProcessEnv,
  cwd: string = ROOT,
): Promise<Sample> {
  const usage = mkdtempSync(path.join(tmpdir(), "opsdx-bench-usage-"));
  const [file = "", ...args] = command;
  const start = process.hrtime.bigint();
  await execa(file, args, {
    cwd,
    env: {
      ...env,
      CDKTF_OUTDIR: outdir,
      CHECKPOINT_DISABLE: "1",
      OPSDX_SANDBOX: "",
      OPSDX_BENCH_USAGE: usage,
      NODE_OPTIONS: `--require=${path.join(__dirname, "usage-hook.cjs")}`,
    },
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const processes = readdirSync(usage).map(
    (pid) => JSON.parse(readFileSync(path.join(usage, pid), "utf8")) as { kibibytes: number; microseconds: number },
  );
  rmSync(usage, { recursive: true });
  return {
    seconds,
    processor: processes.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1e6,
    mebibytes: Math.max(...processes.map(({ kibibytes }) => kibibytes)) / 1024,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const seconds = (samples: readonly Sample[]): number => median(samples.map((sample) => sample.seconds));
const processor = (samples: readonly Sample[]): number => median(samples.map((sample) => sample.processor));
const memory = (samples: readonly Sample[]): number => median(samples.map((sample) => sample.mebibytes));

/** Contents of every synthesized file, by path below the folder. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, "utf8")];
    }),
  );
}

function countResources(files: Map<string, string>): number {
  return [...files]
    .filter(([name]) => name.endsWith("cdk.tf.json"))
    .flatMap(([, text]) => Object.values((JSON.parse(text) as { resource?: Record<string, object> }).resource ?? {}))
    .reduce((count, instances) => count + Object.keys(instances).length, 0);
}

/** Limits set by the design: a synth that people run all day stays quick and small. */
const MAX_RATIO = 1.3;
/** Processor time per resource, of another checkout's. */
const MAX_OF_OTHER = 0.7;
const MAX_MEBIBYTES = 250;
/**
 * Memory over the floor's, where the floor alone is above the limit: the bindings of the Kubernetes provider take it there.
 * @see docs/decisions/0013-memory-of-synth-against-its-floor.md
 */
const MAX_MEMORY_RATIO = 1.2;

async function bench(runs: number): Promise<boolean> {
  const work = mkdtempSync(path.join(tmpdir(), "opsdx-bench-"));
  const dir = (name: string): string => path.join(work, name);
  mkdirSync(dir("a"));
  mkdirSync(dir("b"));
  const synth = appOf(ROOT);
  const floor = [...synth.slice(0, -1), "tools/bench/floor.ts"];
  const cli = path.join(ROOT, "node_modules/.bin/cdktf");
  const floorEnv = { OPSDX_BENCH_FROM: dir("a") };

  console.log("warming up: two synths, compared byte by byte");
  await measure(synth, dir("a"), {});
  await measure(synth, dir("b"), {});
  const [first, second] = [contents(dir("a")), contents(dir("b"))];
  const identical = first.size === second.size && [...first].every(([name, text]) => second.get(name) === text);
  await measure(floor, dir("floor"), floorEnv);

  const rows: { readonly name: string; readonly of: Sample[]; readonly floor: Sample[] }[] = [
    { name: "program (the `app` of cdktf.json)", of: [], floor: [] },
    { name: "whole command (`cdktf synth`)", of: [], floor: [] },
  ];
  for (let run = 1; run <= runs; run += 1) {
    console.log(`run ${run} of ${runs}`);
    rows[0]?.of.push(await measure(synth, dir("a"), {}));
    rows[0]?.floor.push(await measure(floor, dir("floor"), floorEnv));
    rows[1]?.of.push(await measure([cli, "synth", "--output", dir("cli")], dir("cli"), {}));
    rows[1]?.floor.push(
      await measure([cli, "synth", "--app", floor.join(" "), "--output", dir("floor")], dir("floor"), floorEnv),
    );
  }
  const resources = countResources(first);
  const table = [
    "# Benchmarks",
    "",
    "Written by `npm run bench`: cold synth of every stack, and beside it the floor (the same resources written with bare cdktf",
    "and the same deep imports, in the same run). Medians; the ratio is that of",
    "the processor time of all Node processes, and memory is that of the largest.",
    "",
    `${resources} resources in ${[...first.keys()].filter((name) => name.endsWith("cdk.tf.json")).length} stacks, ${runs} runs, ` +
      `Node ${process.versions.node}, ${cpus().length} processors.`,
    "",
    "| what | synth | floor | processor time | floor's | ratio | memory | floor's memory |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map(
      (row) =>
        `| ${row.name} | ${seconds(row.of).toFixed(2)} s | ${seconds(row.floor).toFixed(2)} s | ` +
        `${processor(row.of).toFixed(2)} s | ${processor(row.floor).toFixed(2)} s | ` +
        `${(processor(row.of) / processor(row.floor)).toFixed(2)} | ${memory(row.of).toFixed(0)} MiB | ${memory(row.floor).toFixed(0)} MiB |`,
    ),
    "",
    `Two synths are byte-identical: ${identical ? "yes" : "**no**"}.`,
    "",
  ].join("\n");
  writeFileSync(TABLE, table);
  console.log(`\n${table}\nwritten to ${path.relative(ROOT, TABLE)}`);
  if (existsSync(work)) rmSync(work, { recursive: true });

  const program = rows[0];
  if (program === undefined) return false;
  const ratio = processor(program.of) / processor(program.floor);
  const peak = memory(program.of);
  if (!identical) console.error("two synths differ: something at synth depends on time, chance or order");
  if (ratio > MAX_RATIO) console.error(`synth takes ${ratio.toFixed(2)} × the floor; the limit is ${MAX_RATIO}`);
  const limit = Math.max(MAX_MEBIBYTES, MAX_MEMORY_RATIO * memory(program.floor));
  if (peak > limit) console.error(`synth needs ${peak.toFixed(0)} MiB; the limit is ${limit.toFixed(0)}`);
  return identical && ratio <= MAX_RATIO && peak <= limit;
}

/**
 * Measures the program here, its floor and the program of another checkout in turns, and prints them side by side.
 * @returns whether the limits hold
 */
async function benchAgainst(other: string, runs: number): Promise<boolean> {
  const work = mkdtempSync(path.join(tmpdir(), "opsdx-bench-"));
  const synth = appOf(ROOT);
  const commands = [
    { name: "here", command: synth, checkout: ROOT, env: {} },
    {
      name: "floor",
      command: [...synth.slice(0, -1), "tools/bench/floor.ts"],
      checkout: ROOT,
      env: { OPSDX_BENCH_FROM: path.join(work, "here") },
    },
    { name: "other", command: appOf(other), checkout: other, env: {} },
  ];
  const run = ({ name, command, checkout, env }: (typeof commands)[number]): Promise<Sample> =>
    measure(command, path.join(work, name), env, checkout);
  // One round warms the caches up.
  for (const command of commands) await run(command);
  const samples: Record<string, Sample[]> = {};
  for (let round = 1; round <= runs; round += 1) {
    console.log(`run ${round} of ${runs}`);
    for (const command of commands) (samples[command.name] ??= []).push(await run(command));
  }
  const rows = commands.map(({ name }) => {
    const of = samples[name] ?? [];
    const resources = countResources(contents(path.join(work, name)));
    return { name, of, resources, each: (processor(of) / resources) * 1000 };
  });
  rmSync(work, { recursive: true });
  for (const { name, of, resources, each } of rows) {
    console.log(
      `${name}: ${resources} resources, ${processor(of).toFixed(2)} s of processor time, ${each.toFixed(2)} ms a resource, ${memory(of).toFixed(0)} MiB`,
    );
  }
  const [here = NaN, floor = NaN, that = NaN] = rows.map(({ each }) => each);
  const limits = [
    ["the floor's processor time", here / floor, MAX_RATIO],
    ["the other's processor time per resource", here / that, MAX_OF_OTHER],
  ] as const;
  for (const [what, ratio, limit] of limits) console.log(`${ratio.toFixed(2)} × ${what}; the limit is ${limit}`);
  return limits.every(([, ratio, limit]) => ratio <= limit);
}

new Command("bench")
  .description("Measure cold synth of every stack against the floor, and write docs/benchmarks.md.")
  .option(
    "-n, --runs <count>",
    "measured runs of each command",
    (value) => {
      const runs = Number(value);
      if (!Number.isInteger(runs) || runs < 1 || runs > 50) throw new InvalidArgumentError("must be 1 to 50.");
      return runs;
    },
    5,
  )
  .option("--against <checkout>", "compare with another checkout, packages installed, and write nothing", (folder) => {
    const checkout = path.resolve(folder);
    for (const file of ["cdktf.json", "node_modules"]) {
      if (!existsSync(path.join(checkout, file))) throw new InvalidArgumentError(`${checkout} has no ${file}.`);
    }
    return checkout;
  })
  .action(async ({ runs, against }: { runs: number; against?: string }) => {
    const held = against === undefined ? await bench(runs) : await benchAgainst(against, runs);
    if (!held) process.exitCode = 1;
  })
  .parseAsync()
  .catch(reportError);
