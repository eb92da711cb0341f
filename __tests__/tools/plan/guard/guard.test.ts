import { KEPT_TYPES } from "../../../../stacks/resource-types";
import { STATEFUL_TYPES } from "../../../../tools/plan/guard/stateful";
import type { StackPlan } from "../../../../tools/plan/stack-plan";
import type { ResourceChange } from "../../../../tools/plan/terraform-plan";
import { changeOf, found, planned, synthesizedOf } from "../plans";

const DB = "aws_db_instance.Db_1";
const KEPT = { lifecycle: { prevent_destroy: true } };
const failed = (
  stack: string,
  ...errors: readonly { address?: string; summary: string; detail: string }[]
): StackPlan => ({
  stack,
  change: "changed",
  outcome: { kind: "failed", errors: errors.map((error) => ({ severity: "error", ...error })) },
  notPlanned: [],
  seconds: 1,
});

describe("the guard", () => {
  it("looks after everything that is kept, and more", () => {
    expect(STATEFUL_TYPES).toEqual(expect.arrayContaining(Object.keys(KEPT_TYPES)));
    expect(STATEFUL_TYPES).toEqual(
      expect.arrayContaining(["aws_db_subnet_group", "aws_nat_gateway", "aws_sqs_queue", "kubernetes_namespace_v1"]),
    );
  });

  it.each(STATEFUL_TYPES)("finds every %s that is destroyed, replaced or let go", (type) => {
    const threats = [["delete"], ["delete", "create"], ["create", "delete"], ["forget"], ["create", "forget"]].map(
      (actions) =>
        found([planned("dev-stage1", [changeOf(`${type}.It`, actions, { before: { id: "1" } })])])[0]?.threat,
    );
    expect(threats).toEqual(["destroy", "replace", "replace", "forget", "forget"]);
  });

  it.each([
    ["is made", ["create"]],
    ["is read", ["read"]],
    ["stays", ["no-op"]],
    ["changes where nothing protects", ["update"]],
  ])("says nothing of a database that %s", (_, actions) => {
    const change = changeOf(DB, actions, { before: { port: 1 }, after: { port: 2 } });
    expect(found([planned("dev-stage1", [change])])).toEqual([]);
  });

  it("says nothing of what holds nothing", () => {
    expect(found([planned("dev-stage1", [changeOf("aws_iam_role.A", ["delete"], { before: {} })])])).toEqual([]);
  });

  it("takes a type that no list knows for stateful", () => {
    const change = changeOf("aws_redshift_cluster.A", ["delete"], { before: {} });
    expect(found([planned("dev-stage1", [change])])).toMatchObject([
      { lost: expect.stringMatching(/no list/) as string },
    ]);
    for (const type of ["aws_s3_object", "kubernetes_role", "aws_iam_role"]) {
      expect(found([planned("dev-stage1", [changeOf(`${type}.A`, ["delete"], { before: {} })])])).toEqual([]);
    }
  });

  it("knows a type by its newer name, too", () => {
    const change = changeOf("kubernetes_namespace.A", ["delete"], { before: {} });
    expect(found([planned("dev-stage3", [change])])).toMatchObject([{ threat: "destroy" }]);
  });

  it("lets nodes go, and no control plane", () => {
    const group = (name: unknown) => {
      const change = changeOf("aws_autoscaling_group.A", ["delete"], { before: { name } });
      return found([planned("dev-stage2", [change])])[0]?.free;
    };
    expect(group("etl.k8s.dev.opsdx.io")).toMatch(/nodes hold nothing/);
    expect(group("control-plane-us-east-1a.masters.k8s.dev.opsdx.io")).toBeUndefined();
    expect(group(undefined)).toBeUndefined();
  });

  it("lets the web's load balancer go, and no API's", () => {
    const balancer = (load_balancer_type: string) => {
      const change = changeOf("aws_lb.A", ["delete", "create"], { before: { load_balancer_type } });
      return found([planned("dev-stage2", [change])])[0]?.free;
    };
    expect(balancer("application")).toMatch(/record/);
    expect(balancer("network")).toBeUndefined();
  });

  it("says what forces a replacement, and when it is not decided yet", () => {
    const change = changeOf(DB, ["delete", "create"], {
      before: { identifier: "a", kms_key_id: "k" },
      after: { identifier: "b" },
      after_unknown: { kms_key_id: true },
      replace_paths: [["kms_key_id"]],
    });
    const waiting = { [DB]: { kms_key_id: ["global"] } };
    const speculation = {
      waitsFor: [{ stack: "global", attributes: 1, resources: 1 }],
      attributes: 1,
      resources: 1,
      waiting,
    };
    const of = (replace_paths: readonly (readonly string[])[]) => {
      const plan = { resource_changes: [{ ...change, change: { ...change.change, replace_paths } }] };
      return found([planned("dev-stage1", [], { outcome: { kind: "planned", plan, speculation } })])[0];
    };
    expect(of([["kms_key_id"]])).toMatchObject({
      threat: "replace",
      certain: false,
      because: ["kms_key_id forces it", "decided after global is applied"],
    });
    expect(of([["kms_key_id"], ["identifier"]])).toMatchObject({ threat: "replace", certain: true });
    expect(of([])).toMatchObject({ threat: "replace", certain: true });
  });

  it("finds prevent_destroy taken out, which no plan tells", () => {
    const base = { "dev-stage1": synthesizedOf({ [DB]: ["dev-stage1/Db/Db", KEPT] }) };
    const head = { "dev-stage1": synthesizedOf({ [DB]: ["dev-stage1/Db/Db"] }) };
    const stacks = [planned("dev-stage1", [])];
    expect(found(stacks, { synthesized: { base, head } })).toMatchObject([
      { threat: "disarm", certain: true, because: [expect.stringMatching(/^prevent_destroy is taken out/)] },
    ]);
    expect(found(stacks, { synthesized: { base: head, head: base } })).toEqual([]);
  });

  it("follows a thing that moves, and finds what is taken from it", () => {
    const base = { "dev-stage1": synthesizedOf({ [DB]: ["dev-stage1/Db/Db", KEPT] }) };
    const moved = [{ from: DB, to: "aws_db_instance.New" }];
    const head = { "dev-stage1": { ...synthesizedOf({ "aws_db_instance.New": ["dev-stage1/Db/New"] }), moved } };
    const kept = { "dev-stage1": { ...synthesizedOf({ "aws_db_instance.New": ["dev-stage1/Db/New", KEPT] }), moved } };
    const stacks = [planned("dev-stage1", [])];
    expect(found(stacks, { synthesized: { base, head } })).toMatchObject([
      { address: "aws_db_instance.New", threat: "disarm" },
    ]);
    expect(found(stacks, { synthesized: { base, head: kept } })).toEqual([]);
  });

  it("judges by the synthesized JSON what was not planned", () => {
    const base = { "dev-stage1": synthesizedOf({ [DB]: ["p", { deletion_protection: true }], "aws_vpc.V": ["v"] }) };
    const head = {
      "dev-stage1": synthesizedOf({
        [DB]: ["p", { deletion_protection: false, backup_retention_period: "${var.days}" }],
      }),
    };
    const synthesized = { base, head };
    expect(found([failed("dev-stage1", { summary: "no credentials", detail: "" })], { synthesized })).toMatchObject([
      { address: DB, threat: "disarm" },
      { address: "aws_vpc.V", threat: "destroy", certain: false },
    ]);
    const notPlanned = [{ what: "1 thing", reason: "no route", addresses: [DB, "aws_vpc.V"] }];
    expect(found([planned("dev-stage1", [], { notPlanned })], { synthesized })).toHaveLength(2);
    // A plan knows better: what AWS no longer has is not destroyed.
    expect(found([planned("dev-stage1", [])], { synthesized })).toEqual([]);
  });

  it("finds all of a stack that is gone: nobody would look after it any more", () => {
    const base = { "dev-stage1": synthesizedOf({ [DB]: ["p"], "aws_iam_role.R": ["r"] }) };
    const notPlanned = [{ what: "2 resources", reason: "gone", addresses: [DB, "aws_iam_role.R"] }];
    const gone: StackPlan = { ...failed("dev-stage1"), change: "gone", outcome: { kind: "not affected" }, notPlanned };
    // What was never applied leaves nothing.
    expect(found([{ ...gone, notPlanned: [] }], { synthesized: { base, head: {} } })).toEqual([]);
    expect(found([gone], { synthesized: { base, head: {} } })).toMatchObject([
      { address: DB, threat: "forget", certain: true },
    ]);
  });

  it("finds a bucket that begins to delete what it holds", () => {
    const lifecycle = (bucket: object) =>
      changeOf("aws_s3_bucket_lifecycle_configuration.A", ["create"], {
        after: { rule: [{ id: "a", status: "Enabled", expiration: [{ days: 30 }] }], ...bucket },
      });
    expect(found([planned("dev-stage1", [lifecycle({ bucket: "opsdx-clarity" })])])).toMatchObject([
      { threat: "disarm" },
    ]);
    expect(found([planned("dev-stage1", [lifecycle({})])])).toEqual([]);
  });

  it("finds a repository that begins to let images expire, and none that is made by the same plan", () => {
    const selection = { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 30 };
    const policy = JSON.stringify({ rules: [{ selection, action: { type: "expire" } }] });
    const lifecycle = changeOf("aws_ecr_lifecycle_policy.A", ["create"], {
      after: { policy, repository: "trews-etl" },
    });
    const repository = changeOf("aws_ecr_repository.R", ["create"], { after: { name: "trews-etl" } });
    expect(found([planned("dev-stage1", [lifecycle])])).toMatchObject([
      { threat: "disarm", because: [expect.stringContaining("npx opsdx images keep <env>")] },
    ]);
    expect(found([planned("dev-stage1", [repository, lifecycle])])).toEqual([]);
  });

  it("says where Terraform would refuse", () => {
    const head = { "dev-stage1": synthesizedOf({ [DB]: ["p", KEPT] }) };
    const change = changeOf(DB, ["delete", "create"], { before: {}, after: {} });
    expect(found([planned("dev-stage1", [change])], { synthesized: { base: head, head } })[0]?.because).toEqual([
      "Terraform refuses it as long as prevent_destroy stands there",
    ]);
  });

  it("finds what Terraform itself refuses to destroy", () => {
    const refusal = {
      address: DB,
      summary: "Instance cannot be destroyed",
      detail: `Resource ${DB} has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. To avoid this`,
    };
    expect(found([failed("dev-stage1", refusal)])).toMatchObject([{ address: DB, threat: "destroy", certain: true }]);
  });

  it("finds what is no longer pinned while it is there", () => {
    const head = { "dev-stage1": synthesizedOf({ [DB]: ["p"] }) };
    const pinned = { base: { "dev-stage1": [DB, "aws_vpc.Gone"] }, head: { "dev-stage1": [] } };
    const stacks = [planned("dev-stage1", [])];
    expect(found(stacks, { synthesized: { base: head, head }, pinned })).toMatchObject([
      { address: DB, threat: "disarm", because: [expect.stringMatching(/pinned addresses/)] },
    ]);
  });

  describe("proposes to move what stands under a new address", () => {
    const paths = (old: string, next: string) => ({
      base: { "dev-stage1": synthesizedOf({ [DB]: [old] }) },
      head: { "dev-stage1": synthesizedOf({ "aws_db_instance.Db_2": [next] }) },
    });
    const changes = (name: unknown = "opsdx-dev-db"): [ResourceChange, ResourceChange] => [
      changeOf(DB, ["delete"], { before: { identifier: "opsdx-dev-db" } }),
      changeOf("aws_db_instance.Db_2", ["create"], { after: { identifier: name } }),
    ];

    it("with the block, and as this program writes it", () => {
      const synthesized = paths("dev-stage1/Db/Db/Resource", "dev-stage1/Databases/Db/Resource");
      expect(found([planned("dev-stage1", changes())], { synthesized })[0]?.move).toEqual({
        to: "aws_db_instance.Db_2",
        same: 'identifier "opsdx-dev-db"',
        block: "moved {\n  from = aws_db_instance.Db_1\n  to   = aws_db_instance.Db_2\n}",
        program:
          'moveFromEarlierPath(<construct dev-stage1/Databases>, ["Db"]) of constructs/shared/renamed.ts: it moves aws_db_instance and all else below it',
      });
    });

    it("into another stack by letting it go there, and taking it in here", () => {
      const [gone, made] = changes();
      const before = { identifier: "opsdx-dev-db", id: "db-ABC" };
      const stacks = [
        planned("dev-stage1", [{ ...gone, change: { ...gone.change, before } }]),
        planned("dev-stage2", [made]),
      ];
      expect(found(stacks)[0]?.move).toMatchObject({
        to: "dev-stage2:aws_db_instance.Db_2",
        block:
          '# dev-stage1, applied first\nremoved {\n  from = aws_db_instance.Db_1\n  lifecycle {\n    destroy = false\n  }\n}\n# dev-stage2\nimport {\n  to = aws_db_instance.Db_2\n  id = "db-ABC"\n}',
      });
    });

    it("unless only what is not unique is the same in another stack", () => {
      const cidr = { cidr_block: "10.0.0.0/20" };
      const gone = changeOf("aws_subnet.A", ["delete"], { before: cidr });
      const made = changeOf("aws_subnet.B", ["create"], { after: cidr });
      expect(found([planned("dev-stage1", [gone]), planned("dev-stage2", [made])])[0]?.move).toBeUndefined();
      expect(found([planned("dev-stage1", [gone, made])])[0]?.move).toMatchObject({ to: "aws_subnet.B" });
    });

    it("unless it is another, or may be", () => {
      expect(found([planned("dev-stage1", changes("other"))])[0]?.move).toBeUndefined();
      const unknown = changeOf("aws_db_instance.Db_2", ["create"], { after: {}, after_unknown: { identifier: true } });
      expect(found([planned("dev-stage1", [...changes().slice(0, 1), unknown])])[0]?.move).toBeUndefined();
      const twice = [
        ...changes(),
        changeOf("aws_db_instance.Db_3", ["create"], { after: { identifier: "opsdx-dev-db" } }),
      ];
      expect(found([planned("dev-stage1", twice)])[0]?.move).toBeUndefined();
    });
  });
});
