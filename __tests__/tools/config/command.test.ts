import { stripVTControlCharacters } from "node:util";
import { parse } from "yaml";
import { ConfigError, loadConfig, type Config } from "../../../config/load";
import { buildCli } from "../../../tools/cli";
import { configCommand } from "../../../tools/config/command";
import { UsageError } from "../../../tools/command-error";
import { workloadsOf } from "../../../config/schema/workloads";
import { oneEnvironment } from "../../config/support";
import { environmentNames } from "../../../config/files";

/** What can be checked and shown. */
const NAMES = ["global", ...environmentNames()];

/** What a run of `opsdx config …` prints, and its exit code. */
function run(args: readonly string[], load: () => Config = loadConfig) {
  const printed: { out: string[]; err: string[] } = { out: [], err: [] };
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => void printed.out.push(text));
  const error = jest.spyOn(console, "error").mockImplementation((text: string) => void printed.err.push(text));
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    configCommand(load).parse([...args], { from: "user" });
    const [out = "", err = ""] = [printed.out, printed.err].map((lines) => stripVTControlCharacters(lines.join("\n")));
    return { out, err, code: process.exitCode };
  } finally {
    process.exitCode = before;
    log.mockRestore();
    error.mockRestore();
  }
}

const PROBLEMS = [
  {
    file: "config/environments/dev.ts",
    path: "network.nat",
    rule: "must be one of",
    received: '"singel"',
    nearest: '"single"',
  },
  { file: "config/environments/prod.ts", path: "owners.db", rule: "is required: a string", received: "nothing" },
];
const broken = (): never => {
  throw new ConfigError(PROBLEMS);
};

describe("opsdx config", () => {
  it("is a command of the project's command line", () => {
    expect(buildCli().commands.map((command) => command.name())).toContain("config");
  });
});

describe("opsdx config check", () => {
  it("says that a valid configuration is valid, by name", () => {
    expect(run(["check"])).toEqual({ out: `configuration is valid: ${NAMES.join(", ")}`, err: "", code: 0 });
  });

  it("knows whether there is an alarm for each threshold", () => {
    const { global, environments } = oneEnvironment();
    const load = (): Config => ({
      global,
      environments: environments.map((environment) => ({
        ...environment,
        alarms: { ...environment.alarms, thresholds: { "db-cpu-hihg": { value: 85 } } },
      })),
    });
    const { out, code } = run(["check"], load);
    expect(out).toContain("alarms.thresholds.db-cpu-hihg");
    expect(out).toContain('nearest   "db-cpu-high"');
    expect(code).toBe(1);
  });

  it("says so in JSON", () => {
    const { out, code } = run(["check", "--json"]);
    expect(JSON.parse(out)).toEqual({ valid: true, names: NAMES });
    expect(code).toBe(0);
  });

  it("prints every problem with its file, path, rule, value and nearest valid value, and fails", () => {
    const { out, code } = run(["check"], broken);
    expect(out.split("\n")).toEqual([
      "config/environments/dev.ts",
      "  network.nat",
      "    rule      must be one of",
      '    received  "singel"',
      '    nearest   "single"',
      "",
      "config/environments/prod.ts",
      "  owners.db",
      "    rule      is required: a string",
      "    received  nothing",
      "",
      "2 problems in config/environments/dev.ts, config/environments/prod.ts: correct each, then run this command again",
    ]);
    expect(code).toBe(1);
  });

  it("prints every problem in JSON, and fails", () => {
    const { out, code } = run(["check", "--json"], broken);
    expect(JSON.parse(out)).toEqual({ valid: false, problems: PROBLEMS });
    expect(code).toBe(1);
  });

  it("does not hide a fault of the program", () => {
    expect(() =>
      run(["check"], () => {
        throw new TypeError("a fault of the program");
      }),
    ).toThrow("a fault of the program");
  });
});

describe("opsdx config show", () => {
  it.each(["dev", "prod"])("prints %s with defaults resolved, and its subnets and load window, as YAML", (name) => {
    const { out, code } = run(["show", name]);
    const environment = loadConfig().environments.find((candidate) => candidate.name === name);
    const shown = parse(out) as {
      config: unknown;
      derived: { stacks: string[]; loadWindowUtc: string[]; subnets: unknown[] };
    };
    expect(code).toBe(0);
    expect(shown.config).toEqual(environment);
    expect(shown.derived.stacks).toEqual([`${name}-stage1`, `${name}-stage2`, `${name}-stage3`]);
    expect(shown.derived.loadWindowUtc).toEqual(["14:00-16:30", "13:00-15:30"]);
    expect(shown.derived.subnets).toHaveLength(4 * Object.keys(environment?.network.zones ?? {}).length);
  });

  it("prints a subnet on one line", () => {
    expect(run(["show", "dev"]).out).toContain(
      "    - { role: node, zone: us-east-1c, cidr: 10.0.64.0/19, usableAddresses: 8187 }\n",
    );
  });

  it("prints how many pods of each workload a node and a group hold, and what is left over", () => {
    expect(run(["show", "prod"]).out).toContain(
      "    - { workload: trews-rest-api, nodeGroup: k8s/web, machineType: m7i.xlarge, podsPerNode: 3, cpuWastePercent: 1, memoryWastePercent: 41, mostPods: 18 }\n",
    );
    const { derived } = parse(run(["show", "dev"]).out) as { derived: { packing: { workload: string }[] } };
    const dev = loadConfig().environments.find(({ name }) => name === "dev");
    expect(derived.packing.map(({ workload }) => workload)).toEqual(workloadsOf(dev).map(({ name }) => name));
    expect(derived.packing.map(({ workload }) => workload)).toEqual(
      expect.arrayContaining(["trews-rest-api", "epic2op", "c2dw-daily", "op2dw", "c2dw"]),
    );
  });

  it("prints global as JSON", () => {
    expect(JSON.parse(run(["show", "global", "--json"]).out)).toEqual({ config: loadConfig().global });
  });

  it("names the nearest environment for one that does not exist", () => {
    expect(() => run(["show", "prd"])).toThrow(
      new UsageError(`<name> must be one of ${NAMES.join(", ")}, got "prd"; the nearest is "prod"`),
    );
  });

  it("lists the problems of a broken configuration instead", () => {
    const { out, code } = run(["show", "dev"], broken);
    expect(out).toContain("network.nat");
    expect(code).toBe(2);
  });
});
