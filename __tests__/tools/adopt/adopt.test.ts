import { closest } from "fastest-levenshtein";
import { asking, findExisting, findStrangers } from "../../../tools/adopt/find";
import { judgeAdoption } from "../../../tools/adopt/judge";
import type { Change, TerraformPlan } from "../../../tools/plan/terraform-plan";
import { UnansweredError, type Account } from "../../../tools/preflight/account";
import type { Planned } from "../../../tools/preflight/planned";

/** An account by what it answers: the beginning of a call, and the answer. */
function account(answers: Readonly<Record<string, unknown>>): Account & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...{ id: "444455556666", region: "us-east-1", asked },
    ask: (words) => {
      asked.push(words.join(" "));
      const answer = Object.entries(answers).find(([start]) => words.join(" ").startsWith(start))?.[1];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

const planned = (address: string, body: Planned["body"]): Planned => ({
  ...{
    address,
    body,
    type: address.split(".")[0] ?? "",
    stack: "dev-stage1",
    path: "dev-stage1/It",
    region: "us-east-1",
  },
});

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
    expect(there.asked.filter((question) => question === "route53 list-hosted-zones")).toHaveLength(1);
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

  it("has beside it what is called like ours and declared nowhere", async () => {
    const strangers = await findStrangers(
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
  });
});

describe("what a plan would do", () => {
  const change = (address: string, actions: readonly string[], rest: Partial<Change> = {}) => ({
    ...{ address, type: address.split(".")[0] ?? "", mode: "managed" },
    change: { actions, ...rest },
  });
  const judge = (resources: NonNullable<TerraformPlan["resource_changes"]>) => {
    const outcome = { kind: "planned", plan: { resource_changes: resources } } as const;
    const plan = { stack: "dev-stage1", change: "changed", outcome, notPlanned: [], seconds: 0 } as const;
    return judgeAdoption(plan, outcome, [{ to: "aws_db_instance.D", id: "opsdx-dev-db" }], { resource: {} });
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
});
