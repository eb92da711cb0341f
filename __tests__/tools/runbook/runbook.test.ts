import { loadConfig } from "../../../config/load";
import { Construct, Testing } from "../../../constructs/shared/cdktf";
import { Alarm, type AlarmProps } from "../../../constructs/shared/observability/alarm";
import { Monitoring } from "../../../constructs/shared/observability/monitoring";
import { describeSystem, type SystemFacts } from "../../../constructs/shared/observability/system";
import { BaseStack } from "../../../stacks/base-stack";
import { deploymentFor } from "../../../stacks/deployment";
import { buildProgram } from "../../../stacks/program";
import { collectRunbook } from "../../../tools/runbook/collect";
import { renderRunbook } from "../../../tools/runbook/render";
import { render } from "../../stacks/support";

const config = loadConfig();

const FACTS: SystemFacts = {
  name: "db",
  title: "RDS",
  owner: "Andong",
  purpose: "Holds what TREWS knows.",
  launch: ["npx cdktf deploy <env>-stage1"],
  stop: ["It is never stopped."],
  status: ["aws rds describe-db-instances --db-instance-identifier opsdx-dev-db"],
  logs: ["`awslogs get opsdx-dev-db`"],
  metrics: ["CloudWatch > RDS, in config/environments/<env>.ts."],
};

type Changes = Partial<SystemFacts> & {
  readonly alarm?: Partial<AlarmProps>;
  readonly more?: (system: Construct) => void;
};

/** The runbook of stacks that hold one system each. */
function runbook(stacks: Readonly<Record<string, Changes>>): string {
  const app = Testing.app();
  const built = Object.entries(stacks).map(([id, { alarm, more, ...facts }]) => {
    const environment = id.split("-")[0] ?? id;
    const account = config.environments.find(({ name }) => name === environment)?.account ?? config.global.account;
    const deployment = { kind: "cloud", stateBucket: "state", stateAccount: config.global.account } as const;
    const stack = new BaseStack(app, id, { owner: environment, account, deployment });
    const monitoring = new Monitoring(stack, "Monitoring", {
      namePrefix: `opsdx-${environment}`,
      account,
      subscribers: config.global.alarms,
      retention: { auditDays: 365, logDays: 30 },
      runbookUrl: config.global.runbookUrl,
      thresholds: {},
    });
    const system = new Construct(stack, "System");
    describeSystem(system, {
      ...FACTS,
      status: [`aws rds describe-db-instances --db-instance-identifier opsdx-${environment}-db`],
      logs: [`\`awslogs get opsdx-${environment}-db\``],
      ...facts,
    });
    new Alarm(system, "CpuHigh", {
      monitoring,
      name: "db-cpu-high",
      intent: "The database is out of CPU.",
      severity: "page",
      steps: [
        `\`aws rds describe-events --source-identifier arn:aws:rds:us-east-1:${account.id}:db:opsdx-${environment}\``,
      ],
      metric: { namespace: "AWS/RDS", name: "CPUUtilization", statistic: "Average" },
      comparison: ">",
      threshold: 90,
      periodSeconds: 60,
      periods: 5,
      missingData: "breaching",
      ...alarm,
    });
    more?.(system);
    return stack;
  });
  return renderRunbook(collectRunbook(config, built));
}

/** The part of the page under an anchor, up to the next one. */
const under = (page: string, anchor: string): string =>
  page.split(`<a id="${anchor}"></a>`)[1]?.split("<a id=")[0]?.trim() ?? "";

describe("a chapter", () => {
  const page = runbook({ "dev-stage1": {}, "prod-stage1": {} });

  test("holds every fact once when the environments agree", () => {
    expect(under(page, "db")).toBe(
      [
        "## RDS",
        "Owner: Andong. In: dev, prod.",
        "Holds what TREWS knows.",
        "### Launch",
        "- ```sh\n  npx cdktf deploy <env>-stage1\n  ```",
        "### Stop",
        "- It is never stopped.",
        "### Status",
        "- ```sh\n  aws rds describe-db-instances --db-instance-identifier opsdx-<env>-db\n  ```",
        "### Logs",
        "- ```sh\n  awslogs get opsdx-<env>-db\n  ```",
        "### Metrics",
        "- CloudWatch > RDS, in config/environments/\\<env>.ts.",
        "### Alarms",
      ].join("\n\n"),
    );
  });

  test("says per environment what differs", () => {
    const differing = under(runbook({ "dev-stage1": { stop: ["Any evening."] }, "prod-stage1": {} }), "db");
    expect(differing).toContain("### Stop\n\n**dev:**\n\n- Any evening.\n\n**prod:**\n\n- It is never stopped.");
    expect(differing).toContain("### Launch\n\n- ```sh");
  });

  test("numbers the steps of a procedure", () => {
    const procedures = [{ title: "Take more space", steps: ["Set it.", "npx cdktf deploy <env>-stage1"] }];
    expect(under(runbook({ "dev-stage1": { procedures } }), "db")).toContain(
      "### Procedures\n\n#### Take more space\n\n1. Set it.\n2. ```sh\n   npx cdktf deploy <env>-stage1\n   ```",
    );
  });

  test("leaves a procedure out where it does not exist", () => {
    const page = runbook({
      "dev-stage1": { procedures: [{ title: "Reset", steps: ["Reset it."] }] },
      "prod-stage1": {},
    });
    expect(under(page, "db")).toContain("#### Reset\n\n**dev:**\n\n1. Reset it.\n\n### Alarms");
  });

  test("takes a sentence that starts with a program's name for a sentence", () => {
    expect(under(runbook({ "dev-stage1": { stop: ["kubectl cannot stop it."] } }), "db")).toContain(
      "- kubectl cannot stop it.",
    );
  });
});

describe("an alarm", () => {
  test("stands under its name, with what to do", () => {
    const entry = under(runbook({ "dev-stage1": {}, "prod-stage1": {} }), "db-cpu-high");
    expect(entry).toContain("#### db-cpu-high\n\nThe database is out of CPU.");
    expect(entry).toContain(
      "| `opsdx-<env>-db-cpu-high` | dev, prod | page | AWS/RDS CPUUtilization Average > 90, 5 of 5 × 60 s, no data = breaching |",
    );
    expect(entry).toContain(
      "1. ```sh\n   aws rds describe-events --source-identifier arn:aws:rds:us-east-1:<account>:db:opsdx-<env>\n   ```",
    );
  });

  test("shows thresholds and severities that differ, in its entry and in the table of all alarms", () => {
    const page = runbook({ "dev-stage1": { alarm: { severity: "ticket", threshold: 95 } }, "prod-stage1": {} });
    expect(under(page, "db-cpu-high")).toMatch(/\| dev: ticket<br>prod: page \| dev: .* > 95, .*<br>prod: .* > 90, /);
    expect(page).toMatch(/\| \[db-cpu-high\]\(#db-cpu-high\) \| dev: ticket<br>prod: page \| \[RDS\]\(#db\) \|/);
  });

  test("says where it exists", () => {
    const zone = (system: Construct): void => {
      new Construct(system, "Nothing");
    };
    expect(runbook({ "dev-stage1": { more: zone } })).toMatch(/\| `opsdx-<env>-db-cpu-high` \| dev \|/);
  });

  test("of the shared account stands beside those of the environments", () => {
    const page = runbook({ global: { name: "shared" }, "dev-stage1": { alarm: { name: "db-other" } } });
    expect(under(page, "alarms-page-delivery-failing")).toContain(
      "| `opsdx-<env>-alarms-page-delivery-failing` | dev, global | ticket |",
    );
  });
});

describe("the runbook refuses", () => {
  test.each<[string, Changes, string]>([
    ["an empty list", { logs: [] }, 'dev-stage1/System: system "db": logs must hold at least one entry, got none'],
    [
      "a procedure without steps",
      { procedures: [{ title: "Reset", steps: [] }] },
      'procedure "Reset" must have at least one step',
    ],
    ["an empty text", { purpose: " " }, "every text must say something, got"],
    ["a text that is still to be written", { stop: ["TODO"] }, 'every text must say something, got "TODO"'],
    [
      "one anchor for a system and an alarm",
      { alarm: { name: "db" } },
      'runbook anchors must be unique, got "db" twice',
    ],
    [
      "a system described twice",
      { more: (system) => describeSystem(new Construct(system, "Again"), FACTS) },
      'system "db" must be described once per environment, got two in dev',
    ],
  ])("%s", (_, changes, message) => {
    expect(() => runbook({ "dev-stage1": changes })).toThrow(message);
  });

  test("a stack of no environment", () => {
    expect(() => runbook({ "qa-stage1": {} })).toThrow("qa-stage1: must belong to an environment or to global");
  });
});

describe("the program's own runbook", () => {
  const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
  const page = renderRunbook(collectRunbook(config, stacks));
  const anchors = new Set([...page.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, anchor]) => anchor));

  test("has the entry that each alarm's description links to", () => {
    const descriptions = render(stacks).flatMap((model) =>
      model
        .ofType("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
        .map(({ body }) => String(body["alarm_description"])),
    );
    expect(descriptions.length).toBeGreaterThan(0);
    const [page_] = [config.global.runbookUrl];
    const broken = descriptions.filter((text) => {
      const [, url, anchor] = /(https?:\/\/\S+)#(\S+)$/.exec(text) ?? [];
      return url !== page_ || anchor === undefined || !anchors.has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("has nothing to be written yet", () => {
    expect(page).not.toMatch(/TODO/);
  });

  test("has no empty heading", () => {
    const lines = page.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("<a id="));
    const level = (line: string | undefined): number => /^#+(?= )/.exec(line ?? "")?.[0].length ?? Infinity;
    const empty = lines.filter((line, index) => {
      const next = lines[index + 1];
      return level(line) !== Infinity && (next === undefined || level(next) <= level(line));
    });
    expect(empty).toEqual([]);
  });

  test("has no link to an anchor that does not exist", () => {
    const targets = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target);
    expect(targets.filter((target) => target === undefined || !anchors.has(target))).toEqual([]);
  });

  test("names things: no reference is left that only Terraform could resolve", () => {
    expect(page).not.toMatch(/TfToken|\$\{data\.|\$\{aws_/);
  });

  test("is the same every time", () => {
    const again = buildProgram(config, deploymentFor(config.global, {}));
    expect(renderRunbook(collectRunbook(config, again.stacks))).toBe(page);
  });
});
