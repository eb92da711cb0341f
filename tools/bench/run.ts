import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import execa from "execa";
import { reportError } from "../../config/explained-error";

const ROOT = path.resolve(__dirname, "../..");
const TABLE = path.join(ROOT, "docs/benchmarks.md");
const NODE = ["--import", "tsx"];

/** One measured run of a command. */
interface Sample {
  readonly seconds: number;
  /** Peak resident memory of the largest process, MiB. */
  readonly mebibytes: number;
}

/** Runs a command once in the project's root, its synth going to `outdir`. */
async function measure(command: readonly string[], outdir: string, env: NodeJS.ProcessEnv): Promise<Sample> {
  const memory = mkdtempSync(path.join(tmpdir(), "opsdx-bench-memory-"));
  const [file = "", ...args] = command;
  const start = process.hrtime.bigint();
  await execa(file, args, {
    cwd: ROOT,
    env: {
      ...env,
      CDKTF_OUTDIR: outdir,
      CHECKPOINT_DISABLE: "1",
      OPSDX_SANDBOX: "",
      OPSDX_BENCH_MEMORY: memory,
      NODE_OPTIONS: `--require=${path.join(__dirname, "memory-hook.cjs")}`,
    },
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const peaks = readdirSync(memory).map((pid) => Number(readFileSync(path.join(memory, pid), "utf8")));
  rmSync(memory, { recursive: true });
  return { seconds, mebibytes: Math.max(...peaks) / 1024 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

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
const MAX_RATIO = 1.5;
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
  const synth = ["node", ...NODE, "main.ts"];
  const floor = ["node", ...NODE, "tools/bench/floor.ts"];
  const cli = path.join(ROOT, "node_modules/.bin/cdktf");
  const floorEnv = { OPSDX_BENCH_FROM: dir("a") };

  console.log("warming up: two synths, compared byte by byte");
  await measure(synth, dir("a"), {});
  await measure(synth, dir("b"), {});
  const [first, second] = [contents(dir("a")), contents(dir("b"))];
  const identical = first.size === second.size && [...first].every(([name, text]) => second.get(name) === text);
  await measure(floor, dir("floor"), floorEnv);

  const rows: { readonly name: string; readonly of: Sample[]; readonly floor: Sample[] }[] = [
    { name: "program (`node --import tsx main.ts`)", of: [], floor: [] },
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
  const seconds = (samples: readonly Sample[]): number => median(samples.map((sample) => sample.seconds));
  const memory = (samples: readonly Sample[]): number => median(samples.map((sample) => sample.mebibytes));
  const table = [
    "# Benchmarks",
    "",
    "Written by `npm run bench`: cold synth of every stack, and beside it the floor (the same resources written with bare cdktf",
    "and the same deep imports, in the same run). Medians; memory is that of the largest process.",
    "",
    `${resources} resources in ${[...first.keys()].filter((name) => name.endsWith("cdk.tf.json")).length} stacks, ${runs} runs, ` +
      `Node ${process.versions.node}, ${cpus().length} processors.`,
    "",
    "| what | synth | floor | ratio | memory | floor's memory |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map(
      (row) =>
        `| ${row.name} | ${seconds(row.of).toFixed(2)} s | ${seconds(row.floor).toFixed(2)} s | ` +
        `${(seconds(row.of) / seconds(row.floor)).toFixed(2)} | ${memory(row.of).toFixed(0)} MiB | ${memory(row.floor).toFixed(0)} MiB |`,
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
  const ratio = seconds(program.of) / seconds(program.floor);
  const peak = memory(program.of);
  if (!identical) console.error("two synths differ: something at synth depends on time, chance or order");
  if (ratio > MAX_RATIO) console.error(`synth takes ${ratio.toFixed(2)} × the floor; the limit is ${MAX_RATIO}`);
  const limit = Math.max(MAX_MEBIBYTES, MAX_MEMORY_RATIO * memory(program.floor));
  if (peak > limit) console.error(`synth needs ${peak.toFixed(0)} MiB; the limit is ${limit.toFixed(0)}`);
  return identical && ratio <= MAX_RATIO && peak <= limit;
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
  .action(async ({ runs }: { runs: number }) => {
    if (!(await bench(runs))) process.exitCode = 1;
  })
  .parseAsync()
  .catch(reportError);
