import { buildReport } from "../../../../tools/plan/report/build";
import { renderMarkdown } from "../../../../tools/plan/report/markdown";
import { renderTerminal } from "../../../../tools/plan/report/terminal";
import type { StackPlan } from "../../../../tools/plan/stack-plan";
import { changeOf, factsOf, inputOf, planned, synthesizedOf } from "../plans";

const DB = "aws_db_instance.Db_1";
const SYSTEM = { path: "dev-stage1/Db", name: "db", title: "RDS: DB and DW", owner: "Andong", page: "db" };
const only = (stack: StackPlan, more: Parameters<typeof inputOf>[1] = {}) =>
  buildReport(inputOf([stack], more)).stacks[0];

describe("the report of a plan", () => {
  it("tells of a replaced database where it stands, whose it is, what forces it and what it means", () => {
    const change = changeOf(DB, ["delete", "create"], {
      before: { identifier: "opsdx-dev-db", port: 5432, arn: "a" },
      after: { identifier: "opsdx-dev-db-2", port: 5433 },
      after_unknown: { arn: true },
      replace_paths: [["identifier"]],
    });
    const report = only(planned("dev-stage1", [change]), {
      facts: { base: factsOf({}), head: factsOf({ "dev-stage1": { systems: [SYSTEM] } }) },
      synthesized: { base: {}, head: { "dev-stage1": synthesizedOf({ [DB]: ["dev-stage1/Db/Db/Resource"] }) } },
    });
    expect(report).toMatchObject({
      standing: "planned",
      counts: { replace: 1, destroy: 0, add: 0, change: 0, mayReplace: 0 },
      losses: [
        {
          address: DB,
          stateful: true,
          construct: "dev-stage1/Db/Db/Resource",
          system: { title: "RDS: DB and DW", owner: "Andong", page: "https://example.org/runbook/db.md" },
          forcing: [{ path: "identifier", text: '"opsdx-dev-db" -> "opsdx-dev-db-2"' }],
          attributes: [{ path: "port", text: "5432 -> 5433" }],
          meaning:
            "Lost for good: the databases. Away until it is restored: the database, in whose place an empty one stands (docs/recovery.md).",
        },
      ],
    });
  });

  it("finds the system of what is destroyed in base", () => {
    const report = only(planned("dev-stage1", [changeOf(DB, ["delete"], { before: { identifier: "a" } })]), {
      facts: { base: factsOf({ "dev-stage1": { systems: [SYSTEM] } }), head: factsOf({}) },
      synthesized: { base: { "dev-stage1": synthesizedOf({ [DB]: ["dev-stage1/Db/Db"] }) }, head: {} },
    });
    expect(report?.losses).toMatchObject([
      { action: "delete", construct: "dev-stage1/Db/Db", system: { owner: "Andong" } },
    ]);
  });

  it("puts what is stateful first, and what is not decided behind what is", () => {
    const changes = ["aws_route.A", "aws_vpc.B", DB].map((address) => changeOf(address, ["delete"], { before: {} }));
    const maybe = changeOf("aws_kms_key.A", ["delete", "create"], {
      before: { a: 1 },
      after: {},
      replace_paths: [["a"]],
    });
    const outcome = {
      kind: "planned",
      plan: { resource_changes: [...changes, maybe] },
      speculation: {
        attributes: 142,
        resources: 84,
        waitsFor: [{ stack: "dev-stage1", attributes: 142, resources: 84 }],
        waiting: { "aws_kms_key.A": { a: ["dev-stage1"] } },
      },
    } as const;
    const report = only(planned("dev-stage2", [], { outcome }));
    expect(report?.standing).toBe("speculative");
    expect(report?.losses.map(({ address }) => address)).toEqual([DB, "aws_vpc.B", "aws_kms_key.A", "aws_route.A"]);
    expect(report?.losses[2]).toMatchObject({ decidedBy: ["dev-stage1"] });
    expect(report?.counts).toMatchObject({ replace: 0, mayReplace: 1, destroy: 3 });
  });

  it("tells unknown, waiting, hidden, long and structured values apart", () => {
    const policy = (action: string) => JSON.stringify({ Statement: [{ Action: action, Resource: "x".repeat(150) }] });
    const change = changeOf("aws_iam_role.R", ["update"], {
      before: {
        name: "a",
        arn: "b",
        secret: "c",
        policy: policy("s3:Get"),
        blob: "z".repeat(200),
        list: ["a"],
        tags: { x: "1" },
      },
      after: {
        name: null,
        secret: "d",
        policy: policy("s3:*"),
        blob: "y".repeat(300),
        list: ["a", "b"],
        tags: { x: "2" },
      },
      after_unknown: { name: true, arn: true },
      before_sensitive: { secret: true },
    });
    const outcome = {
      kind: "planned",
      plan: { resource_changes: [change] },
      speculation: { attributes: 1, resources: 1, waitsFor: [], waiting: { "aws_iam_role.R": { arn: ["global"] } } },
    } as const;
    const attributes = only(planned("dev-stage1", [], { outcome }))?.systems[0]?.resources[0]?.attributes;
    expect(Object.fromEntries(attributes?.map(({ path, text }) => [path, text]) ?? [])).toEqual({
      arn: '"b" -> (waits for global)',
      blob: "changed (200 characters -> 300 characters)",
      list: '["a"] -> ["a", "b"]',
      name: '"a" -> (known after apply)',
      policy: "changed (199 characters -> 197 characters)",
      secret: "(sensitive) -> (sensitive)",
      "tags.x": '"1" -> "2"',
    });
    expect(attributes?.find(({ path }) => path === "policy")?.lines).toEqual([
      '-       "Action": "s3:Get",',
      '+       "Action": "s3:*",',
    ]);
  });

  it.each<[string, Partial<StackPlan>, string]>([
    ["failed", { outcome: { kind: "failed", errors: [] } }, "failed"],
    ["unchanged", { change: "unchanged", outcome: { kind: "not affected" } }, "unchanged"],
    ["not affected", { outcome: { kind: "not affected" } }, "not affected"],
    ["planned without a change", {}, "nothing"],
  ])("tells a stack that is %s", (_, more, standing) => {
    expect(only(planned("dev-stage1", [], more))?.standing).toBe(standing);
  });

  it("never takes what was not planned for no change", () => {
    const notPlanned = [{ what: "38 Kubernetes objects of k8s", reason: "no route", addresses: [] }];
    for (const more of [
      { notPlanned },
      { outcome: { kind: "failed", errors: [] } as const },
      { change: "gone" as const },
    ]) {
      const outcome = { kind: "not affected" } as const;
      expect(buildReport(inputOf([planned("dev-stage3", [], { outcome, ...more })])).nothing).toBe(false);
    }
    expect(buildReport(inputOf([planned("dev-stage3", [])])).nothing).toBe(true);
  });

  it("names what fails the check", () => {
    const notPlanned = [{ what: "k8s", reason: "its payload is stale", addresses: [], fails: true }];
    const failures = buildReport(
      inputOf([
        planned("dev-stage1", [changeOf(DB, ["delete"], { before: {} })]),
        planned("dev-stage2", [], { notPlanned }),
        planned("dev-stage3", [], { outcome: { kind: "failed", errors: [] } }),
      ]),
    ).failures;
    expect(failures).toEqual([
      expect.stringMatching(/^dev-stage3 could not be planned/),
      "dev-stage2: k8s not planned: its payload is stale",
      expect.stringMatching(/^1 stateful resource is .* nobody allowed it/),
    ]);
  });

  it("says who holds a state, and how the lock comes off", () => {
    const lock = { id: "abc", who: "yanif@laptop", since: "2026-11-29T04:00:00Z", operation: "OperationTypeApply" };
    expect(only(planned("dev-stage1", [], { lock }))?.lock).toEqual({
      ...lock,
      unlock:
        "npx cdktf synth && terraform -chdir=cdktf.out/stacks/dev-stage1 init && terraform -chdir=cdktf.out/stacks/dev-stage1 force-unlock abc",
    });
  });

  it("compares alarms and acknowledgements, where base told them", () => {
    const alarm = (alarmName: string) => ({ alarmName, kind: "k", severity: "page" as const, path: "dev-stage1/Db" });
    const accepted = (rule: string) => ({ rule, reason: "because it is so", path: "dev-stage1/Db" });
    const facts = {
      base: factsOf({ "dev-stage1": { alarms: [alarm("a"), alarm("b")], acknowledgements: [accepted("R")] } }),
      head: factsOf({ "dev-stage1": { alarms: [alarm("b"), alarm("c")], acknowledgements: [accepted("S")] } }),
    };
    const report = only(planned("dev-stage1", []), { facts });
    expect(report?.alarms).toMatchObject({ added: [{ alarmName: "c" }], removed: [{ alarmName: "a" }] });
    expect(report?.acknowledgements).toMatchObject({ added: [{ rule: "S" }], removed: [{ rule: "R" }] });
    const unknown = only(planned("dev-stage1", []), { facts: { head: facts.head } });
    expect(unknown).toMatchObject({ alarms: { added: [], removed: [] } });
    expect(buildReport(inputOf([planned("dev-stage1", [])], { facts: { head: facts.head } })).incomparable).toMatch(
      /main/,
    );
  });

  it("remarks on a change that touches more than two environments, in each rendering", () => {
    const plans = [planned("dev-stage1", [changeOf("aws_route.A", ["create"], { after: {} })])];
    const report = (...touched: string[]) => buildReport({ ...inputOf(plans), touched });
    expect(report("dev", "prod").wide).toBeUndefined();
    const wide = report("global", "dev", "prod");
    expect(wide.wide).toMatch(/^The change touches global, dev, prod at once/);
    for (const text of [renderTerminal(wide), renderMarkdown(wide).text]) expect(text).toContain(wide.wide);
  });

  it("tells moves and imports by their own names", () => {
    const report = only(
      planned("dev-stage1", [
        changeOf("aws_vpc.New", ["no-op"], {}, { previous_address: "aws_vpc.Old" }),
        changeOf("aws_vpc.In", ["no-op"], { importing: { id: "vpc-1" } }),
        changeOf("aws_iam_role.Read", ["read"]),
      ]),
    );
    expect(report?.counts).toMatchObject({ move: 1, import: 1, add: 0 });
    expect(report?.systems[0]?.resources).toMatchObject([
      { action: "import", imported: "vpc-1" },
      { action: "move", movedFrom: "aws_vpc.Old" },
    ]);
  });

  describe("notices", () => {
    const noticesOf = (stack: string, changes: Parameters<typeof planned>[1], more?: Parameters<typeof inputOf>[1]) =>
      only(planned(stack, changes), more)?.notices;

    it("tell of launch templates", () => {
      const change = changeOf("aws_launch_template.T", ["update"], { before: { a: 1 }, after: { a: 2 } });
      expect(noticesOf("dev-stage2", [change])).toEqual([expect.stringMatching(/a rolling update is needed/)]);
    });

    it("tell of both phases where Kubernetes changes its minor version, and not of a patch", () => {
      const of = (old: string, next: string) => {
        const clusters = (kubernetes: string) =>
          factsOf({ "dev-stage2": { clusters: [{ path: "p", name: "k8s", kubernetes }] } });
        return noticesOf("dev-stage2", [], { facts: { base: clusters(old), head: clusters(next) } });
      };
      expect(of("1.35.2", "1.36.3")).toEqual([
        expect.stringMatching(/from 1\.35\.2 to 1\.36\.3, in two phases[^]*npx opsdx kops upgrade dev k8s/),
      ]);
      expect(of("1.36.2", "1.36.3")).toEqual([]);
    });

    it("tell of restarts, with what is hidden hidden", () => {
      const change = changeOf(DB, ["update"], {
        before: { engine_version: "17", instance_class: "secret-class", apply_immediately: true },
        after: { instance_class: "other", apply_immediately: true },
        after_unknown: { engine_version: true },
        after_sensitive: { instance_class: true },
      });
      const [notice = ""] = noticesOf("dev-stage1", [change]) ?? [];
      expect(notice).toMatch(/A database restarts:\n.*engine_version 17 -> \(known after apply\): at once/);
      expect(notice).not.toMatch(/secret-class|other/);
    });

    it("tell of static parameters", () => {
      const parameter = (value: string, apply_method = "pending-reboot") => ({
        parameter: [{ name: "shared_preload_libraries", value, apply_method }],
      });
      const change = (after: object) =>
        noticesOf("dev-stage1", [changeOf("aws_db_parameter_group.P", ["update"], { before: parameter("a"), after })]);
      expect(change(parameter("b"))).toEqual([
        'A static parameter of a database waits for a reboot, which no apply brings:\n  aws_db_parameter_group.P: "shared_preload_libraries" "a" -> "b"',
      ]);
      expect(change(parameter("b", "immediate"))).toEqual([]);
      expect(change(parameter("a"))).toEqual([]);
    });

    it("tell that a person applies global", () => {
      const change = changeOf("aws_iam_role.R", ["create"], { after: {} });
      expect(noticesOf("global", [change])).toEqual([expect.stringMatching(/^Only a person may apply it/)]);
      expect(noticesOf("global", [])).toEqual([]);
    });
  });
});
