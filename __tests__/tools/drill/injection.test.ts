import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { drillsOf } from "../../../constructs/stage3/drills/catalogue";
import type { Command } from "../../../constructs/shared/observability/command";
import { runShell, type DrillConnection } from "../../../tools/drill/connection";
import { injectorOf, undo, type Injector } from "../../../tools/drill/injection";
import { FakeDrills } from "./fake-drills";

const [dev] = loadConfig().environments;
if (dev === undefined) throw new Error("no environment");
const catalogue = drillsOf(dev, "states");
const injectors = new Map(catalogue.map((drill) => [drill.name, injectorOf(dev, drill)]));
const injector = (name: string): Injector => {
  const found = injectors.get(name);
  if (found === undefined) throw new Error(`no drill ${name}`);
  return found;
};

/** Stands in for the programs of commands: tells what it is asked, answers by a part of it one answer after the other, and stays at the last. */
const PROGRAM = `#!${process.execPath}
const fs = require("node:fs");
const { basename } = require("node:path");
const words = [basename(process.argv[1]), ...process.argv.slice(2)].join(" ");
fs.appendFileSync(process.env.CALLS, words + "\\n");
const answers = JSON.parse(fs.readFileSync(process.env.ANSWERS, "utf8"));
const [, said = [""]] = answers.find(([part]) => words.includes(part)) ?? [];
const answer = said.length > 1 ? said.shift() : said[0];
fs.writeFileSync(process.env.ANSWERS, JSON.stringify(answers));
if (answer === "!") process.exit(255);
console.log(answer);
`;
const folder = mkdtempSync(path.join(tmpdir(), "drill-commands-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const program of ["aws", "kubectl", "sleep"]) {
  writeFileSync(path.join(folder, program), PROGRAM);
  chmodSync(path.join(folder, program), 0o755);
}
const env = {
  PATH: `${folder}:${process.env["PATH"] ?? ""}`,
  CALLS: path.join(folder, "calls"),
  ANSWERS: path.join(folder, "answers"),
};
let calls: () => string[];
const shell: DrillConnection["shell"] = (command: Command, options = {}) =>
  runShell(command, { ...env, ...options.variables }, options);
const connection: DrillConnection = { ...new FakeDrills().connection, shell };

/** What programs answer from here on, and what changes something of what they are asked. */
function answering(answers: readonly (readonly [string, readonly string[]])[]): () => string[] {
  writeFileSync(env.CALLS, "");
  writeFileSync(env.ANSWERS, JSON.stringify(answers));
  return () =>
    readFileSync(env.CALLS, "utf8")
      .split("\n")
      .filter((call) => / (create|delete|put|start|stop|update)-/.test(call))
      .map((call) => call.split(" ").slice(0, 3).join(" "));
}
const take = (name: string): Promise<void> => undo(injector(name), connection, "it");
const breaks = (name: string): Promise<void> => injector(name).run(connection, "run", { variables: { TARGET: "it" } });

describe("what takes a drill back", () => {
  const names = catalogue.flatMap(({ injection, name }) => (injection.kind === "people" ? [] : [name]));

  it.each(names)(
    "%s can run twice, and changes nothing where nothing is left",
    async (name) => {
      calls = answering([
        ["get-queue-url", ["queue"]],
        ["receive-message", ["None"]],
        ["describe-route-tables", ["it"]],
        ["list-secret-version-ids", ["it"]],
        ["describe-file-systems", ["None"]],
      ]);
      await take(name);
      const first = calls();
      // What sets a number sets the same one again.
      expect(first.filter((call) => call !== "aws lambda put-function-concurrency")).toEqual([]);
      await take(name);
      expect(calls()).toEqual([...first, ...first]);
    },
    60_000,
  );

  it.each(["restore-db", "restore-dw"])(
    "%s waits for what it cannot delete yet, and ends when it is gone",
    async (name) => {
      calls = answering([
        ["describe-db-instances", ["creating", "backing-up", "available", "deleting", "deleting", ""]],
      ]);
      await take(name);
      expect(calls()).toEqual(["aws rds delete-db-instance"]);
    },
  );

  it("restore-nfs waits for the restores of its backup, and deletes what they made", async () => {
    calls = answering([
      ["list-restore-jobs", ["job-1", "job-1", ""]],
      ["LifeCycleState", ["creating", "available", "deleting"]],
      ["FileSystemId", ["fs-1"]],
    ]);
    await take("restore-nfs");
    expect(calls()).toEqual(["aws efs delete-file-system"]);
  });

  it("an experiment is stopped, and waited for", async () => {
    calls = answering([
      ["'stopping']", ["EXP1", "EXP1", ""]],
      ["list-experiments", ["EXP1", ""]],
    ]);
    await take("zone-cut");
    expect(calls()).toEqual(["aws fis stop-experiment"]);
  });

  it("a stopped launcher runs again before what could not be launched goes", async () => {
    calls = answering([
      ["get-queue-url", ["queue"]],
      ["receive-message", ["True\tone\nTrue\ttwo", "None"]],
    ]);
    await take("etl-launcher-stopped");
    expect(calls()).toEqual([
      "aws lambda put-function-concurrency",
      "aws sqs delete-message",
      "aws sqs delete-message",
    ]);
  });

  it("of a queue that was poisoned stays what others put there", async () => {
    calls = answering([
      ["get-queue-url", ["queue"]],
      ["receive-message", ["True\tone\nFalse\ttwo", "None"]],
    ]);
    await take("dlq-poison");
    expect(calls()).toEqual(["aws sqs delete-message"]);
  });
});

describe("what breaks something", () => {
  it.each([
    ["restore-db", "rds restore-db-instance-to-point-in-time", "describe-db-instances", "incompatible-parameters"],
    ["restore-dw", "rds restore-db-instance-from-db-snapshot", "describe-db-instances", "failed"],
    ["restore-nfs", "backup start-restore-job", "describe-restore-job", "ABORTED"],
    ["zone-cut", "fis start-experiment", "state.status", "failed"],
  ])("%s waits as long as need be, and tells what cannot end well", async (name, start, asked, bad) => {
    const good = { "restore-nfs": "COMPLETED", "zone-cut": "running" }[name] ?? "available";
    // The instance that it is restored beside is asked, too, and before.
    const beside: readonly (readonly [string, readonly string[]])[] = [["DBInstances[0]", ["it"]]];
    calls = answering([...beside, ["start-", ["id-1"]], [asked, ["creating", "creating", good]]]);
    await breaks(name);
    expect(readFileSync(env.CALLS, "utf8")).toContain(`aws ${start} `);
    calls = answering([
      ...beside,
      ["start-", ["id-1"]],
      ["state.reason", ["no target"]],
      ["StatusMessage", ["no target"]],
      [asked, ["creating", bad]],
    ]);
    await expect(breaks(name)).rejects.toThrow(asked === "describe-db-instances" ? `restored: ${bad}` : "no target");
  });

  it("a file system is restored under its own key", async () => {
    calls = answering([
      ["nfs/key-arn", ["arn:aws:kms:key"]],
      ["start-restore-job", ["id-1"]],
      ["describe-restore-job", ["COMPLETED"]],
    ]);
    await breaks("restore-nfs");
    expect(readFileSync(env.CALLS, "utf8")).toMatch(/start-restore-job .*,Encrypted=true,KmsKeyId=arn:aws:kms:key,/);
  });
});

it("a zone is cut that holds neither all of Prometheus nor the only node of the web service", async () => {
  const { steady } = catalogue.find(({ name }) => name === "zone-cut") ?? { steady: [] };
  const query = steady.find(({ says }) => says.startsWith("A Prometheus"));
  if (query === undefined) throw new Error("nobody asks where Prometheus stands");
  const says = async (pods: string): Promise<boolean> => {
    calls = answering([
      ["get nodes", ["ip-1 ip-2"]],
      ["get pods", [pods]],
    ]);
    return query.matches.test(await shell(query.command));
  };
  expect([await says("ip-1"), await says("ip-3 ip-2"), await says("ip-3"), await says("")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  answering([["get nodes", ["!"]]]);
  await expect(shell(query.command)).rejects.toThrow();
});
