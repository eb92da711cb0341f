import { buildCli } from "../../../tools/cli";
import { etlCommand } from "../../../tools/etl/command";
import { configWith, FakeEnvironment, run } from "./support";
import { environmentNames } from "../../../config/files";

const VERBS = ["status", "launch", "rerun", "backfill", "pause", "resume", "stop", "logs"];
/** The arguments that each verb needs after environment and ETL. */
const REST: Readonly<Record<string, string>> = {
  rerun: " 20260308-1415",
  backfill: " --from 2026-03-01 --to 2026-03-02",
};
/** What changes something. */
const CHANGING = ["launch", "rerun", "backfill", "pause", "resume", "stop"];

describe("opsdx etl", () => {
  it("is a command of the project's command line, with every verb", () => {
    expect(buildCli().commands.map((command) => command.name())).toContain("etl");
    expect(etlCommand().commands.map((command) => command.name())).toEqual(VERBS);
  });

  it.each(["", ...VERBS])("%s --help has examples", (name) => {
    const command = etlCommand();
    const shown = name === "" ? command : command.commands.find((candidate) => candidate.name() === name);
    let help = "";
    shown?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toMatch(/Examples:\n {2}npx opsdx etl /);
  });

  it.each(VERBS)("%s names the nearest environment and ETL, and calls nothing", async (verb) => {
    const environment = new FakeEnvironment();
    const other = ["status", "pause", "resume"].includes(verb) ? ", all" : "";
    const { failure, out } = await run(`${verb} dve epic2ob${REST[verb] ?? ""}`, environment);
    expect(failure).toBe(
      `<env> must be one of ${environmentNames().join(", ")}, got "dve"; the nearest is "dev"\n` +
        `<etl> must be one of epic2op, c2dw-daily, op2dw, c2dw${other}, got "epic2ob"; the nearest is "epic2op"`,
    );
    expect([out, ...environment.said, ...environment.changes]).toEqual([""]);
  });

  it.each(CHANGING)("%s changes nothing in another account", async (verb) => {
    const environment = new FakeEnvironment();
    environment.accountId = "111122223333";
    environment.deploy("epic2op", verb === "pause" ? "ENABLED" : "DISABLED");
    environment.addJob("epic2op", "20260308-1415", verb === "stop" ? "running" : "succeeded");
    const yes = verb === "stop" ? " --yes" : "";
    const { failure } = await run(`${verb} dev epic2op${REST[verb] ?? ""}${yes}`, environment);
    expect(failure).toBe(
      "The credentials belong to account 111122223333 (arn:aws:iam::…:user/ada), but config/environments/dev.ts says account.id 444455556666. " +
        "Nothing was changed. Sign in to account 444455556666 (`aws sso login --profile <profile>`, `export AWS_PROFILE=<profile>`)",
    );
    expect(environment.changes).toEqual([]);
  });

  it("checks the configuration before the arguments", async () => {
    const broken = etlCommand({
      load: () => {
        throw new Error("the configuration has 1 problem");
      },
    });
    await expect(broken.parseAsync(["launch", "dve", "nothing"], { from: "user" })).rejects.toThrow(
      "the configuration has 1 problem",
    );
  });
});

describe("opsdx etl launch", () => {
  it("launches the current minute, and says how to follow", async () => {
    const environment = new FakeEnvironment();
    const { out, exitCode } = await run("launch dev epic2op", environment);
    expect(environment.events).toEqual([{ etl: "epic2op", scheduledTime: "2026-03-08T14:20:00Z" }]);
    expect(environment.changes).toEqual(["invoke opsdx-dev-etl-lambda"]);
    expect(out.split("\n")).toEqual([
      "Launched: epic2op-dev-20260308-1420",
      "Follow it:",
      "  npx opsdx etl logs dev epic2op --since 5m --follow",
      "  kubectl --context k8s.dev.opsdx.io -n etl get pods -l job-name=epic2op-dev-20260308-1420 -w",
    ]);
    expect(exitCode).toBe(0);
  });

  it("tells a skipped launch, and exits with 2", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1415", "running");
    const { out, exitCode } = await run("launch dev epic2op", environment);
    expect(out).toContain(
      "Skipped: epic2op-dev-20260308-1420 was not launched, because epic2op-dev-20260308-1415 is on its way",
    );
    expect(exitCode).toBe(3);
  });

  it("tells a duplicate, and exits with 2", async () => {
    const environment = new FakeEnvironment();
    environment.addJob("epic2op", "20260308-1420", "succeeded");
    const { out, exitCode } = await run("launch dev epic2op", environment);
    expect(out).toContain("Duplicate: the slot has its Job already: epic2op-dev-20260308-1420. Nothing was launched.");
    expect(exitCode).toBe(3);
  });

  it("takes variables", async () => {
    const environment = new FakeEnvironment();
    await run("launch dev c2dw --env LOG_LEVEL=debug --env QUERY=a=b", environment);
    expect(environment.events[0]?.env).toEqual({ LOG_LEVEL: "debug", QUERY: "a=b" });
    expect(environment.changes).toEqual(["invoke opsdx-ml-dev-c2dw-etl-lambda"]);
  });

  it("names every variable that is refused, and no value", async () => {
    const environment = new FakeEnvironment();
    const config = configWith({ epic2op: { secrets: { DB_LOGIN: "db" } } });
    const line = "launch dev epic2op --env low=v4lue --env ETL_FROM=v4lue --env API_TOKEN=v4lue --env DB_LOGIN=v4lue";
    const { failure = "" } = await run(line, environment, config);
    expect(failure.split("\n")).toEqual([
      "--env low: must be an upper-case variable name",
      "--env ETL_FROM: ETL_ variables are the launcher's: use from and to",
      "--env API_TOKEN must not be a secret: put it under etls.epic2op.secrets of config/environments/dev.ts",
      "--env DB_LOGIN must not replace a secret of etls.epic2op.secrets",
    ]);
    expect(environment.changes).toEqual([]);
  });

  it("names every option that is no variable", async () => {
    const environment = new FakeEnvironment();
    const { failure = "" } = await run("launch dev epic2op --env LEVEL --env A=1 --env A=2 --env =3", environment);
    expect(failure.split("\n")).toEqual([
      '--env must be NAME=value, got "LEVEL"',
      "--env A must be given once",
      '--env must be NAME=value, got ""',
    ]);
  });
});

describe("opsdx etl backfill", () => {
  it("launches one run with the range", async () => {
    const environment = new FakeEnvironment();
    const { out } = await run("backfill dev epic2op --from 2026-03-01 --to 2026-03-08T00:00:00Z", environment);
    expect(environment.events).toEqual([
      {
        etl: "epic2op",
        scheduledTime: "2026-03-08T14:20:00Z",
        from: "2026-03-01T00:00:00Z",
        to: "2026-03-08T00:00:00Z",
      },
    ]);
    expect(out).toContain("Launched: epic2op-dev-20260308-1420");
  });

  it("takes the limit from the configuration", async () => {
    const environment = new FakeEnvironment();
    const config = configWith({ epic2op: { backfillMaxDays: 2 } });
    const { failure } = await run("backfill dev epic2op --from 2026-03-01 --to 2026-03-08", environment, config);
    expect(failure).toBe(
      "--from and --to must be at most 2 days apart (backfillMaxDays), got 7; the nearest --to is 2026-03-03T00:00:00Z. Load the rest with another run",
    );
    expect(environment.changes).toEqual([]);
  });

  it("names every fault at once", async () => {
    const environment = new FakeEnvironment();
    const { failure = "" } = await run("backfill prd c2dw --from never --to 2026-13-01 --env X", environment);
    expect(failure.split("\n").map((line) => line.split(" ")[0])).toEqual(["<env>", "--from", "--to", "--env"]);
    const reversed = await run("backfill dev c2dw --from 2026-03-02 --to 2026-03-01 --env x=1", environment);
    expect(reversed.failure?.split("\n")).toEqual([
      "--to must be after --from, got 2026-03-02T00:00:00Z to 2026-03-01T00:00:00Z; did you swap them?",
      "--env x: must be an upper-case variable name",
    ]);
    expect(environment.changes).toEqual([]);
  });
});
