import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { closest } from "fastest-levenshtein";
import { loadConfig } from "../../../config/load";
import { buildProgram } from "../../../stacks/program";
import { adopt } from "../../../tools/adopt/adopt";
import { adoptionText } from "../../../tools/adopt/command";
import { findExisting, findStrangers, notSought, type Find } from "../../../tools/adopt/find";
import { judgeAdoption } from "../../../tools/adopt/judge";
import type { Change, TerraformPlan } from "../../../tools/plan/terraform-plan";
import { asking, UnansweredError } from "../../../tools/preflight/account";
import { Children } from "../../../tools/terraform/children";
import { FakeAccount, held, resource } from "../preflight/support";

const account = (answers: Readonly<Record<string, unknown>>) => new FakeAccount(answers);
const planned = resource;

const ZONES = { HostedZones: [{ Name: "dev.opsdx.io.", Id: "/hostedzone/Z1", Config: { PrivateZone: false } }] };

describe("what is found", () => {
  it("brings along what belongs to it: the key of an alias, the name servers of a zone", async () => {
    const there = account({
      "kms list-aliases": { Aliases: [{ AliasName: "alias/opsdx-dev-db", TargetKeyId: "1234" }] },
      "route53 list-hosted-zones": ZONES,
      "route53 get-hosted-zone": { DelegationSet: { Id: "/delegationset/N1", NameServers: [] } },
    });
    const { finds, first, unanswered } = await findExisting(
      [
        planned("aws_kms_alias.A", { name: "alias/opsdx-dev-db", target_key_id: "${aws_kms_key.K.key_id}" }),
        planned("aws_kms_key.K", {}),
        planned("aws_route53_zone.Z", {
          name: "dev.opsdx.io",
          delegation_set_id: "${aws_route53_delegation_set.S.id}",
        }),
        planned("aws_route53_delegation_set.S", {}),
      ],
      asking(there),
    );
    expect(Object.fromEntries(finds.map(({ id, to }) => [to, id]))).toEqual({
      "aws_kms_alias.A": "alias/opsdx-dev-db",
      "aws_kms_key.K": "1234",
      "aws_route53_delegation_set.S": "N1",
      "aws_route53_zone.Z": "Z1",
    });
    expect([first, unanswered]).toEqual([[], []]);
    expect(there.asked.filter((question) => question.startsWith("route53 list-hosted-zones"))).toHaveLength(1);
  });

  it("leaves a key alone that the state holds, and name servers that are no set", async () => {
    const { finds } = await findExisting(
      [
        planned("aws_kms_alias.A", { name: "alias/opsdx-dev-db", target_key_id: "${aws_kms_key.K.key_id}" }),
        planned("aws_route53_zone.Z", {
          name: "dev.opsdx.io",
          delegation_set_id: "${aws_route53_delegation_set.S.id}",
        }),
        planned("aws_route53_delegation_set.S", {}),
      ],
      account({
        "kms list-aliases": { Aliases: [{ AliasName: "alias/opsdx-dev-db", TargetKeyId: "1234" }] },
        "route53 list-hosted-zones": ZONES,
        "route53 get-hosted-zone": { DelegationSet: { NameServers: [] } },
      }),
    );
    expect(finds.map(({ to }) => to).sort()).toEqual(["aws_kms_alias.A", "aws_route53_zone.Z"]);
  });

  it("says what must be done first, with the place, and which question was not answered", async () => {
    const { first, unanswered } = await findExisting(
      [planned("aws_db_instance.D", { identifier: "opsdx-dev-db" }), planned("aws_cloudtrail.T", { name: "t" })],
      account({
        "rds describe-db-instances": { DBInstances: [{ DBInstanceIdentifier: "opsdx-dev-db" }] },
        "cloudtrail describe-trails": new UnansweredError("aws cloudtrail describe-trails", "AccessDenied"),
      }),
    );
    expect(first).toEqual([
      expect.stringMatching(
        /^dev-stage1 aws_db_instance\.D: RDS must manage the password .*--db-instance-identifier opsdx-dev-db/,
      ),
    ]);
    expect(unanswered.map(({ message }) => message)).toEqual(["aws cloudtrail describe-trails: AccessDenied"]);
  });

  it("is refused where it cannot be taken over: a name that is another account's, with what helps", async () => {
    const { finds, first } = await findExisting(
      [planned("aws_s3_bucket.B", { bucket: "theirs" })],
      account({ "s3api head-bucket": new UnansweredError("aws s3api head-bucket", "An error occurred (403)") }),
    );
    expect(finds).toEqual([]);
    expect(first).toEqual([
      expect.stringMatching(
        /^dev-stage1 aws_s3_bucket\.B: the name theirs is taken: .*\. Names of buckets are taken once/,
      ),
    ]);
  });

  it("is refused where it would become two resources", async () => {
    const alias = (name: string, key: string) =>
      planned(`aws_kms_alias.${key}`, { name, target_key_id: `\${aws_kms_key.${key}.key_id}` });
    const { first } = await findExisting(
      [alias("alias/a", "A"), alias("alias/b", "B"), planned("aws_kms_key.A"), planned("aws_kms_key.B")],
      account({
        "kms list-aliases": {
          Aliases: [
            { AliasName: "alias/a", TargetKeyId: "1234" },
            { AliasName: "alias/b", TargetKeyId: "1234" },
          ],
        },
      }),
    );
    expect(first).toEqual([
      expect.stringMatching(
        /^dev-stage1 aws_kms_key\.A: 1234 must become one resource, and would become aws_kms_key\.B, too/,
      ),
    ]);
  });

  const TRAILS = { "cloudtrail describe-trails": { trailList: [{ Name: "t", TrailARN: "arn:t" }] } };
  const trail = (holder: ReturnType<typeof held>) =>
    findExisting([planned("aws_cloudtrail.T", { name: "t" }, { held: [holder] })], account(TRAILS));

  it("is refused where another state holds it, with the block that lets it go", async () => {
    const { first } = await trail(held("global", "aws_cloudtrail.Old", { id: "arn:t", name: "t" }));
    expect(first).toEqual([
      expect.stringMatching(
        /^dev-stage1 aws_cloudtrail\.T: arn:t is held by the state of global already, as aws_cloudtrail\.Old\. [^]*removed \{\n +from = aws_cloudtrail\.Old\n +lifecycle \{\n +destroy = false/,
      ),
    ]);
    expect((await trail(held("dev-stage1", "aws_cloudtrail.Old", { arn: "arn:t" }))).first).toEqual([
      expect.stringContaining("npx opsdx plan prints the block that moves it"),
    ]);
  });

  it.each([
    ["another thing", held("global", "aws_cloudtrail.Old", { id: "arn:u" })],
    ["another account's", { ...held("global", "aws_cloudtrail.Old", { id: "arn:t" }), accountId: "111122223333" }],
    ["another region's", { ...held("global", "aws_cloudtrail.Old", { id: "arn:t" }), region: "us-west-2" }],
    ["of another type", held("global", "aws_sns_topic.Old", { id: "arn:t" })],
  ])("is not refused where a state holds %s", async (_, holder) => {
    expect((await trail(holder)).first).toEqual([]);
  });

  it("is not all that has a name: what nothing looks for is counted by type", () => {
    expect(
      notSought([
        planned("aws_sqs_queue.A", { name: "a" }),
        planned("aws_sqs_queue.B", { name: "b" }),
        planned("aws_sqs_queue.C", { name: "${d.e}" }),
        planned("aws_launch_template.L", { name: "l" }),
        planned("aws_subnet.S", { cidr_block: "10.0.0.0/24" }),
        planned("aws_s3_bucket.B", { bucket: "b" }),
      ]),
    ).toEqual({ aws_launch_template: 1, aws_sqs_queue: 2 });
  });

  it("has beside it what is called like ours and declared nowhere", async () => {
    const { strangers, unanswered } = await findStrangers(
      [planned("aws_cloudwatch_log_group.L", { name: "opsdx-dev-k8s-logs" })],
      account({
        "logs describe-log-groups": {
          logGroups: [
            { logGroupName: "opsdx-dev-k8s-logs" },
            { logGroupName: "opsdx-dev-k8s-log" },
            { logGroupName: "billing" },
          ],
        },
        "s3api list-buckets": { Buckets: [{ Name: "opsdx-old" }, { Name: "theopsdxer" }] },
        "rds describe-db-instances": new UnansweredError("aws rds", "AccessDenied"),
      }),
      closest,
    );
    expect(strangers).toEqual([
      { type: "aws_cloudwatch_log_group", name: "opsdx-dev-k8s-log", nearest: "opsdx-dev-k8s-logs" },
      { type: "aws_s3_bucket", name: "opsdx-old", nearest: undefined },
    ]);
    expect(unanswered.map(({ message }) => message)).toEqual(["aws rds: AccessDenied"]);
  });
});

describe("what a plan would do", () => {
  const change = (address: string, actions: readonly string[], rest: Partial<Change> = {}) => ({
    ...{ address, type: address.split(".")[0] ?? "", mode: "managed" },
    change: { actions, ...rest },
  });
  const NODES = { what: "38 objects of k8s", reason: "no route", addresses: [] };
  const judge = (
    resources: NonNullable<TerraformPlan["resource_changes"]>,
    find: Find = { to: "aws_db_instance.D", id: "opsdx-dev-db" },
    resource = {},
  ) => {
    const outcome = { kind: "planned", plan: { resource_changes: resources } } as const;
    const plan = { stack: "dev-stage1", change: "changed", outcome, notPlanned: [NODES], seconds: 0 } as const;
    return judgeAdoption(plan, outcome, [find], { resource });
  };

  it("is told attribute by attribute where it changes in place", () => {
    const { adopted, made, refusals } = judge([
      change("aws_db_instance.D", ["update"], {
        before: { multi_az: false, password: "old" },
        after: { multi_az: true, password: "new" },
        after_sensitive: { password: true },
        importing: { id: "opsdx-dev-db" },
      }),
      change("aws_sqs_queue.Q", ["create"], { after: {} }),
    ]);
    expect(adopted).toEqual([
      {
        to: "aws_db_instance.D",
        id: "opsdx-dev-db",
        changes: ["multi_az: false -> true", "password: (sensitive) -> (sensitive)"],
      },
    ]);
    expect([made, refusals]).toEqual([1, []]);
  });

  it("is refused where it would be replaced, with rule, value and a way; what else the plan destroys is refused, too", () => {
    const { refusals } = judge([
      change("aws_db_instance.D", ["delete", "create"], {
        before: { storage_encrypted: false },
        after: { storage_encrypted: true },
        replace_paths: [["storage_encrypted"]],
      }),
      change("aws_sqs_queue.Q", ["delete"], { before: {} }),
    ]);
    expect(refusals).toEqual([
      expect.stringMatching(
        /^dev-stage1 aws_db_instance\.D: storage_encrypted must be false, as opsdx-dev-db has it, for it cannot change in place; the stack declares true\. RDS gives an instance no other key/,
      ),
      "dev-stage1 aws_sqs_queue.Q: is not imported, and the same plan destroys it. Deploy that first, without adopting anything",
    ]);
  });

  it("has a role's rights that nothing declares: those that are declared, and of another role, are left out", () => {
    const named = (path: string, body: object) => ({ ...body, "//": { metadata: { path } } });
    const find = { to: "aws_iam_role.R", id: "opsdx-ci-plan" };
    const before = {
      name: "opsdx-ci-plan",
      managed_policy_arns: ["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
      inline_policy: [
        { name: "old", policy: "{}" },
        { name: "ours", policy: "{}" },
      ],
    };
    const changes = (role: object) => [
      change("aws_iam_role.R", ["no-op"], { before: role, after: role, importing: { id: "opsdx-ci-plan" } }),
      change("aws_iam_role_policy_attachment.Ours", ["create"], {
        after: { role: "opsdx-ci-plan", policy_arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" },
      }),
      change("aws_iam_role_policy_attachment.Others", ["create"], {
        after: { role: "other", policy_arn: "arn:aws:iam::aws:policy/AdministratorAccess" },
      }),
      change("aws_iam_role_policy.Ours", ["create"], { after: { role: "opsdx-ci-plan", name: "ours" } }),
    ];
    const declared = {
      aws_iam_role: { R: named("s/R", { name: "opsdx-ci-plan" }) },
      aws_iam_role_policy_attachment: {
        Ours: named("s/Ours", { role: "${aws_iam_role.R.name}" }),
        Others: named("s/Others", { role: "${aws_iam_role.Other.name}" }),
      },
      aws_iam_role_policy: { Ours: named("s/Inline", { role: "${aws_iam_role.R.id}" }) },
    };
    const { rights } = judge(changes(before), find, declared);
    expect(rights).toEqual([
      {
        ...{ address: "aws_iam_role.R", role: "opsdx-ci-plan" },
        ...{ attached: ["arn:aws:iam::aws:policy/AdministratorAccess"], inline: ["old"] },
      },
    ]);
    expect(judge(changes({ ...before, managed_policy_arns: [], inline_policy: [] }), find, declared).rights).toEqual(
      [],
    );
  });

  it("is refused with what helps that one thing, where nothing helps its type", () => {
    const replaced = change("aws_config_delivery_channel.C", ["delete", "create"], {
      before: { name: "default" },
      after: { name: "opsdx" },
      replace_paths: [["name"]],
    });
    const advice = "Its name differs. Delete it: aws configservice delete-delivery-channel";
    const { refusals } = judge([replaced], { to: "aws_config_delivery_channel.C", id: "default", advice });
    expect(refusals).toEqual([
      expect.stringMatching(/the stack declares "opsdx"\. Its name differs\. Delete it: aws config/),
    ]);
  });

  it("is told with what was not planned", () => {
    expect(judge([]).notPlanned).toEqual([NODES]);
  });
});

describe("what a person reads", () => {
  const nothing = { strangers: [], unanswered: [], notSought: {}, file: "cdktf.out/stacks/dev-stage1/adopt.tf.json" };
  const judgement = {
    ...{ adopted: [{ to: "aws_iam_role.R", id: "r", changes: [] }], made: 0, changed: 0, refusals: [], disarmed: [] },
    rights: [{ address: "aws_iam_role.R", role: "r", attached: ["arn:p"], inline: ["old"] }],
    notPlanned: [{ what: "38 objects of k8s", reason: "no route", addresses: [], next: "connect" }],
  };
  const text = (adoption: Parameters<typeof adoptionText>[2]) =>
    adoptionText("dev-stage1", "444455556666", adoption, {});

  it("is that nothing is there, only where every question was answered", () => {
    expect(text(nothing)).toContain("there is nothing to adopt");
    const open = text({ ...nothing, unanswered: ["aws rds: AccessDenied"] });
    expect(open).not.toContain("there is nothing to adopt");
    expect(open).toMatch(/^Nothing found in account 444455556666 .*; 1 question unanswered\.$/m);
    expect(open).toMatch(/^Not answered, so nothing of it is adopted: aws rds: AccessDenied$/m);
  });

  it("names what has names and was not looked for", () => {
    expect(text({ ...nothing, notSought: { aws_sqs_queue: 2 } })).toMatch(
      /Not looked for[^\n]*\n {2}aws_sqs_queue \(2\)$/,
    );
  });

  it("has the commands that take a role's rights off it, and what was not planned", () => {
    const told = text({ ...nothing, judgement });
    expect(told).toMatch(/^Not planned: 38 objects of k8s: no route\n {2}connect$/m);
    expect(told).toMatch(/^ {4}aws iam detach-role-policy --role-name 'r' --policy-arn arn:p$/m);
    expect(told).toMatch(/^ {4}aws iam delete-role-policy --role-name 'r' --policy-name 'old'$/m);
  });
});

it("takes an earlier file away before anything else, so that no deploy reads what is true no more", async () => {
  const root = mkdtempSync(path.join(os.tmpdir(), "adopt-"));
  const file = path.join(root, "cdktf.out/stacks/dev-stage1/adopt.tf.json");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "{}");
  const stop = (): never => {
    throw new Error("stopped");
  };
  const rest = { children: new Children(), env: {}, root, say: stop, write: stop, other: stop };
  await expect(
    adopt({ ...rest, config: loadConfig(), stack: "dev-stage1", account: account({}), build: stop }),
  ).rejects.toThrow("stopped");
  expect(existsSync(file)).toBe(false);
  rmSync(root, { recursive: true });
});

it("reads the state of every stack that works in the account, and tells which other account did not answer", async () => {
  const root = mkdtempSync(path.join(os.tmpdir(), "adopt-"));
  const there = account({});
  const config = loadConfig();
  const write = (): never => {
    throw new Error("nothing is to be written");
  };
  const adoption = await adopt({
    ...{ config, root, write, account: there, build: buildProgram, children: new Children(), env: {} },
    ...{ stack: "dev-stage1", say: () => undefined },
    other: ({ roleArn }) => Promise.reject(new UnansweredError(`aws sts assume-role ${roleArn}`, "AccessDenied")),
  });
  const states = there.asked.flatMap((question) => /s3 cp \S*\/(\S+)\.tfstate/.exec(question)?.slice(1) ?? []);
  expect(states.sort()).toEqual(["dev-stage1", "dev-stage2", "dev-stage3", "global"]);
  expect(adoption).toMatchObject({
    unanswered: [
      expect.stringMatching(
        /^\d resources of dev-stage1 in account \d{12}: aws sts assume-role .*opsdx-dns-delegation-dev-read: AccessDenied$/,
      ),
    ],
  });
  expect(Object.keys(adoption.notSought)).toContain("aws_sqs_queue");
  rmSync(root, { recursive: true });
});
