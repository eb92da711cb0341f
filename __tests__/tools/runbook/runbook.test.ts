import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { serviceSecrets } from "../../../config/service-secrets";
import { Construct, Testing } from "../../../constructs/shared/cdktf";
import { Alarm, type AlarmProps } from "../../../constructs/shared/observability/alarm";
import { aws, awslogs, cdktf } from "../../../constructs/shared/observability/command";
import { Monitoring } from "../../../constructs/shared/observability/monitoring";
import { PLACEHOLDERS, unknownPlaceholders } from "../../../constructs/shared/observability/placeholders";
import { proseProblems } from "../../../constructs/shared/observability/steps";
import { describeSystem, type SystemFacts } from "../../../constructs/shared/observability/system";
import { BaseStack } from "../../../stacks/base-stack";
import { deploymentFor } from "../../../stacks/deployment";
import { buildProgram } from "../../../stacks/program";
import { collectRunbook } from "../../../tools/runbook/collect";
import { headingAnchors, renderRunbook, RUNBOOK_COMMAND } from "../../../tools/runbook/render";
import { render } from "../../stacks/support";

const config = loadConfig();
const RUNBOOK_FOLDER = path.resolve(__dirname, "../../../docs/runbook");

type Changes = Partial<SystemFacts> & {
  readonly alarm?: Partial<AlarmProps>;
  readonly more?: (system: Construct, monitoring: Monitoring) => void;
};

const facts = (environment: string): SystemFacts => ({
  name: "db",
  title: "RDS",
  owner: "Andong",
  purpose: "Holds what TREWS knows.",
  launch: [cdktf("deploy", `${environment}-stage1`)],
  stop: ["It is never stopped."],
  status: [aws(`rds describe-db-instances --db-instance-identifier opsdx-${environment}-db`)],
  logs: [["The log:", awslogs(`opsdx-${environment}-db`), "Older ones are gone."]],
  metrics: [`CloudWatch > RDS, in config/environments/${environment}.ts.`],
});

const alarmProps = (environment: string, account: string): Omit<AlarmProps, "monitoring"> => ({
  name: "db-cpu-high",
  intent: "The database is out of CPU.",
  severity: "page",
  steps: [aws(`rds describe-events --source-identifier arn:aws:rds:us-east-1:${account}:db:opsdx-${environment}`)],
  metric: { namespace: "AWS/RDS", name: "CPUUtilization", statistic: "Average" },
  comparison: ">",
  threshold: 90,
  periodSeconds: 60,
  periods: 5,
  missingData: "breaching",
});

/** The runbook of stacks that hold one system each. */
function runbook(stacks: Readonly<Record<string, Changes>>): ReadonlyMap<string, string> {
  const app = Testing.app();
  const built = Object.entries(stacks).map(([id, { alarm, more, ...changes }]) => {
    const environment = id.split("-")[0] ?? id;
    const account = config.environments.find(({ name }) => name === environment)?.account ?? config.global.account;
    const deployment = { kind: "cloud", stateBucket: "state", stateAccount: config.global.account } as const;
    const stack = new BaseStack(app, id, { owner: environment, account, deployment });
    const monitoring = new Monitoring(stack, "Monitoring", {
      environment,
      namePrefix: `opsdx-${environment}`,
      account,
      subscribers: config.global.alarms,
      retention: { auditDays: 365, logDays: 30 },
      runbookUrl: config.global.runbookUrl,
      thresholds: {},
    });
    const system = new Construct(stack, "System");
    describeSystem(system, { ...facts(environment), ...changes });
    new Alarm(system, "CpuHigh", { monitoring, ...alarmProps(environment, account.id), ...alarm });
    more?.(system, monitoring);
    return stack;
  });
  return renderRunbook(collectRunbook(config, built));
}

const page = (files: ReadonlyMap<string, string>, name: string): string => files.get(`${name}.md`) ?? "";
/** The part of a page under a heading, up to the next one of its level. */
const under = (text: string, heading: string): string =>
  text
    .split(`${heading}\n\n`)[1]
    ?.split(/\n#{2,3} /)[0]
    ?.trim() ?? "";

describe("a page", () => {
  const db = page(runbook({ "dev-stage1": {}, "prod-stage1": {} }), "db");

  test("holds every fact once when the environments agree, up to their names", () => {
    expect(db).toContain("# RDS\n\n");
    expect(db).toContain("Owner: Andong. In: dev, prod.\n\nHolds what TREWS knows.\n");
    expect(under(db, "## Status")).toBe(
      "- ```sh\n  aws rds describe-db-instances --db-instance-identifier 'opsdx-<env>-db'\n  ```",
    );
    expect(under(db, "## Logs")).toBe(
      "- The log:\n  ```sh\n  awslogs get 'opsdx-<env>-db' --start='1h ago'\n  ```\n  Older ones are gone.",
    );
    expect(under(db, "## Metrics")).toBe("- CloudWatch > RDS, in config/environments/\\<env>.ts.");
    expect(under(db, "## Launch")).toBe(
      "- ```sh\n  npx cdktf deploy '<env>-stage1' --ignore-missing-stack-dependencies\n  ```",
    );
    expect(under(db, "## Stop")).toBe("- It is never stopped.");
  });

  test("says per environment what differs", () => {
    const differing = page(runbook({ "dev-stage1": { stop: ["Any evening."] }, "prod-stage1": {} }), "db");
    expect(under(differing, "## Stop")).toBe("**dev:**\n\n- Any evening.\n\n**prod:**\n\n- It is never stopped.");
    expect(under(differing, "## Status")).toMatch(/^- ```sh/);
  });

  test("numbers the steps of a procedure, and says where it exists", () => {
    const procedures = [{ title: "Take more space", steps: ["Set it.", cdktf("deploy", "dev-stage1")] }];
    const found = page(runbook({ "dev-stage1": { procedures }, "prod-stage1": {} }), "db");
    expect(under(found, "### Take more space")).toBe(
      "**dev:**\n\n1. Set it.\n2. ```sh\n   npx cdktf deploy dev-stage1 --ignore-missing-stack-dependencies\n   ```",
    );
  });

  test("is one for the systems of a kind", () => {
    const cluster = (name: string): Changes => ({
      name,
      page: { name: "clusters", title: "Clusters" },
      of: { cluster: name },
      purpose: `Runs ${name}.`,
      alarm: { name: `${name}-cpu-high`, kind: "cpu-high" },
    });
    const files = runbook({ "dev-stage1": cluster("k8s"), "prod-stage2": cluster("k8s-ml") });
    expect([...files.keys()]).toEqual(["README.md", "alarms.md", "clusters.md"]);
    expect(page(files, "clusters")).toContain("# Clusters\n");
    expect(page(files, "clusters")).toContain("\nRuns \\<cluster>.\n");
    expect(page(files, "clusters").match(/### cpu-high/g)).toHaveLength(1);
  });
});

describe("an alarm", () => {
  test("stands under its kind, with whom it pages and what to do", () => {
    const entry = under(page(runbook({ "dev-stage1": {}, "prod-stage1": {} }), "db"), "### db-cpu-high");
    expect(entry).toBe(
      [
        "The database is out of CPU.",
        "| Alarm | Environments | Severity | Fires when |\n| --- | --- | --- | --- |\n| `db-cpu-high` | dev, prod | page | AWS/RDS CPUUtilization Average > 90, 5 of 5 × 60 s, no data = breaching |",
        "Pages oncall@opsdx.io.",
        "1. ```sh\n   aws rds describe-events --source-identifier 'arn:aws:rds:us-east-1:<account>:db:opsdx-<env>'\n   ```",
      ].join("\n\n"),
    );
  });

  test("shows thresholds and severities that differ", () => {
    const files = runbook({ "dev-stage1": { alarm: { severity: "ticket", threshold: 95 } }, "prod-stage1": {} });
    const entry = under(page(files, "db"), "### db-cpu-high");
    expect(entry).toMatch(/\| dev: ticket<br>prod: page \| dev: .* > 95, .*<br>prod: .* > 90, /);
    expect(entry).toContain("Writes to platform@opsdx.io.\n\nPages oncall@opsdx.io.");
    expect(files.get("README.md")).toContain(
      "| [db-cpu-high](db.md#db-cpu-high) | dev: ticket; prod: page | RDS | 2 |",
    );
  });

  test("has a row of its own in the entry of its kind", () => {
    const zones = (system: Construct, monitoring: Monitoring): void => {
      for (const zone of ["us-east-1c", "us-east-1d"]) {
        new Alarm(system, zone, {
          monitoring,
          ...alarmProps("dev", "1"),
          name: `nat-${zone}-down`,
          kind: "nat-down",
          of: { zone },
          steps: [aws(`ec2 describe-nat-gateways --filter Name=tag:Name,Values=${zone}`)],
        });
      }
    };
    const entry = under(page(runbook({ "dev-stage1": { more: zones } }), "db"), "### nat-down");
    expect(entry).toMatch(/\| `nat-us-east-1c-down` \| dev \|.*\n\| `nat-us-east-1d-down` \| dev \|/);
    expect(entry).toContain(
      "1. ```sh\n   aws ec2 describe-nat-gateways --filter Name=tag:Name,Values='<zone>'\n   ```",
    );
  });

  test("of the shared account stands beside those of the environments", () => {
    const files = runbook({ global: { name: "shared" }, "dev-stage1": { alarm: { name: "db-other" } } });
    expect(under(page(files, "alarms"), "### alarms-delivery-failing")).toContain(
      "| `alarms-page-delivery-failing` | dev, global | ticket |",
    );
  });
});

describe("the runbook refuses", () => {
  test.each<[string, Changes, string]>([
    [
      "a system described twice",
      { more: (system) => describeSystem(new Construct(system, "Again"), facts("dev")) },
      'system "db" must be described once per environment, got two in dev',
    ],
    [
      "two headings of one name on a page",
      { alarm: { name: "status" } },
      "# RDS: headings must be unique, got two for #status",
    ],
    ["an empty list", { status: [] }, "db (dev): status must hold at least one step, got none"],
    ["an empty text", { purpose: " " }, 'dev-stage1/System: every text must say something, got " "'],
    [
      "a text that is still to be written",
      { logs: ["TODO"] },
      'dev-stage1/System: every text must say something, got "TODO"',
    ],
    [
      "a procedure without steps",
      { procedures: [{ title: "Take more space", steps: [] }] },
      'db (dev): procedure "Take more space" must hold at least one step, got none',
    ],
    [
      "an alarm without an intent",
      { alarm: { intent: "" } },
      'dev-stage1/System/CpuHigh: every text must say something, got ""',
    ],
    [
      "two empty lists, both at once",
      { stop: [], metrics: [] },
      "db (dev): stop must hold at least one step, got none\ndb (dev): metrics must hold at least one step, got none",
    ],
    [
      "a command in prose",
      { status: ["Look: `aws rds describe-db-instances`."] },
      "dev-stage1/System: a command must come from a function of command.ts, got prose with `aws rds describe-db-instances`",
    ],
    [
      "a command in an alarm's prose, and a placeholder that nobody explains, both at once",
      { alarm: { steps: ["Run `kubectl get pods`.", "Take <whatever>."] } },
      "dev-stage1/System/CpuHigh: a command must come from a function of command.ts, got prose with `kubectl get pods`\n" +
        "dev-stage1/System/CpuHigh: a placeholder must be a listed one, got <whatever>",
    ],
  ])("%s", (_, changes, message) => {
    expect(() => runbook({ "dev-stage1": changes })).toThrow(message);
  });

  test("a stack of no environment", () => {
    expect(() => runbook({ "qa-stage1": {} })).toThrow("qa-stage1: must belong to an environment or to global");
  });
});

/** Names of Jobs that are made and not deleted before, whose names are taken the second time, and marks that are the same then. */
function onceOnly(text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    const before = lines.slice(Math.max(0, at - 6), at).join("\n");
    const [, words = ""] = / create job ([^|]*)/.exec(line) ?? [];
    const job = words.split(" ").find((word) => word !== "" && !word.startsWith("-") && !word.startsWith("'-"));
    const [, mark] = /force-sync=(\S+)/.exec(line) ?? [];
    return [
      ...(job === undefined || before.includes(` delete job ${job} --ignore-not-found`) ? [] : [job]),
      ...(mark === undefined || mark === '"$(date' ? [] : [mark]),
    ];
  });
}

/**
 * Commands that would start a static pod of a control plane again through the API, which has only a mirror of it.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
 */
function mirrorsDeleted(text: string): string[] {
  const lines = text.match(/^.*\bkubectl\b.* (?:delete pods?|rollout restart)\b.*$/gm) ?? [];
  return lines.filter((line) => /etcd|kube-(?:apiserver|controller-manager|scheduler)/.test(line));
}

/** Commands in a line of prose. */
const commandsIn = (line: string): string[] => proseProblems(line).filter((problem) => problem.startsWith("a command"));

describe("the program's own runbook", () => {
  const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
  const files = renderRunbook(collectRunbook(config, stacks));
  const texts = [...files.values()];
  test("has the heading that each alarm's description links to", () => {
    const descriptions = render(stacks).flatMap((model) =>
      model
        .ofType("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
        .map(({ body }) => String(body["alarm_description"])),
    );
    expect(descriptions.length).toBeGreaterThan(300);
    const headings = new Map(
      [...files].map(([name, text]) => [`${config.global.runbookUrl}/${name}`, headingAnchors(text)]),
    );
    const broken = descriptions.filter((text) => {
      const [, url = "", anchor = ""] = /Runbook: (\S+)#(\S+)$/.exec(text) ?? [];
      return headings.get(url)?.includes(anchor) !== true;
    });
    expect(broken).toEqual([]);
  });

  test("uses placeholders that its index explains once, and explains none that nothing uses", () => {
    // Rows of tables break their lines with a tag.
    expect(texts.flatMap((text) => unknownPlaceholders(text.replaceAll("<br>", "")))).toEqual([]);
    const explained = [...(files.get("README.md") ?? "").matchAll(/^\| `<([^>]+)>` \|/gm)].map(([, name]) => name);
    expect(explained).toEqual(Object.keys(PLACEHOLDERS));
    const used = texts.join("\n").replace(/^\| `<[^>]+>` \|/gm, "");
    expect(explained.filter((name) => !used.includes(`<${name ?? ""}>`))).toEqual([]);
  });

  test("holds no command in prose, where nothing checks it", () => {
    const prose = texts.flatMap((text) => text.replace(/^ *(?:(?:-|\d+\.) )?```\w+$[^]*?^ *```$/gm, "").split("\n"));
    const own = new RegExp(`^Written by \`${RUNBOOK_COMMAND}\``);
    expect(prose.length).toBeGreaterThan(1000);
    expect(
      prose.filter((line) => !own.test(line)).flatMap((line) => (line.trim() === "" ? [] : commandsIn(line))),
    ).toEqual([]);
  });

  test("names the cluster of every kubectl and Helm", () => {
    const commands = texts.flatMap((text) => text.match(/\bkubectl [a-z-][^`\n]*|\bhelm -[^`\n]*/g) ?? []);
    expect(commands.length).toBeGreaterThan(100);
    const placeless = commands.filter((command) => !/^(?:kubectl --context|helm --kube-context) \S/.test(command));
    expect(placeless).toEqual([]);
  });

  test("has commands that a shell can read as they stand", () => {
    const commands = texts.flatMap((text) =>
      [...text.matchAll(/^ *(?:(?:-|\d+\.) )?```sh\n([^]*?)\n *```$/gm)].map(([, code = ""]) => code),
    );
    expect(commands.length).toBeGreaterThan(50);
    // A function each: one shell reads them all, and says which one it cannot.
    const script = commands.map((code, index) => `command_${index}() {\n${code}\n}`).join("\n");
    const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("has no command that works once only", () => {
    const secrets = config.environments.flatMap((one) =>
      serviceSecrets(one).map(({ afterRotation }) => afterRotation.join("\n")),
    );
    const commands = [...texts, ...secrets];
    const once = commands.flatMap((text) => onceOnly(text));
    expect(commands.join("\n").match(/ create job /g)?.length).toBeGreaterThan(10);
    expect(once).toEqual([]);
    // The look finds what it looks for.
    expect(onceOnly("kubectl --context a create job --from=cronjob/x x-now")).toEqual(["x-now"]);
    expect(onceOnly("kubectl --context a annotate externalsecrets --all force-sync=now --overwrite")).toEqual(["now"]);
  });

  test("starts no static pod of a control plane again by kubectl", () => {
    const kops = readFileSync(path.join(RUNBOOK_FOLDER, "../kops.md"), "utf8");
    expect([...texts, kops].flatMap((text) => mirrorsDeleted(text))).toEqual([]);
    // The look finds what it looks for.
    const mirror = "kubectl --context 'a' -n kube-system delete pod -l k8s-app=etcd-manager-main";
    expect(mirrorsDeleted(`1. It:\n   ${mirror}`)).toEqual([`   ${mirror}`]);
  });

  test("brings etcd back by the same steps on both pages", () => {
    const [clusters, state] = ["clusters", "kops-state"].map((name) =>
      under(page(files, name), "### Restore etcd from a backup"),
    );
    expect(clusters).toContain("xargs crictl stop");
    expect(state).toBe(clusters);
  });

  test("has no empty heading", () => {
    const empty = texts.flatMap((text) => {
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      const level = (line: string | undefined): number => /^#+(?= )/.exec(line ?? "")?.[0].length ?? Infinity;
      return lines.filter((line, index) => {
        const next = lines[index + 1];
        return level(line) !== Infinity && (next === undefined || level(next) <= level(line));
      });
    });
    expect(empty).toEqual([]);
  });

  test("has no link to a page or heading that does not exist", () => {
    // Outside, but of this repository.
    const form = `https://github.com/${config.global.repository}/issues/new?template=support.yml`;
    expect(existsSync(path.resolve(RUNBOOK_FOLDER, "../../.github/ISSUE_TEMPLATE/support.yml"))).toBe(true);
    expect(files.get("README.md")).toContain(form);
    const broken = [...files].flatMap(([name, text]) =>
      [...text.matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)]
        .map(([, file = "", anchor]) => ({ file: file === "" ? name : file, anchor }))
        .filter(({ file }) => file !== form)
        .filter(({ anchor, file }) => {
          // The diagrams are generated, too, and not here.
          if (file.startsWith("../diagrams/")) return !existsSync(path.join(RUNBOOK_FOLDER, file));
          const target = files.get(file);
          return target === undefined || (anchor !== undefined && !headingAnchors(target).includes(anchor));
        }),
    );
    expect(broken).toEqual([]);
  });

  test("names things: no reference is left that only Terraform could resolve", () => {
    expect(texts.filter((text) => /TfToken|\$\{data\.|\$\{aws_|undefined/.test(text))).toEqual([]);
  });

  test("is the same every time", () => {
    const again = buildProgram(config, deploymentFor(config.global, {}));
    expect([...renderRunbook(collectRunbook(config, again.stacks))]).toEqual([...files]);
  });
});
