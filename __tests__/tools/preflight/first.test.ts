import { CHECKS } from "../../../tools/preflight/checks";
import { findObstacles } from "../../../tools/preflight/command";
import type { Planned } from "../../../tools/preflight/planned";
import { FakeAccount, held, resource } from "./support";

/** What must be done before a resource is taken over. */
async function first(planned: Planned, answers: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const { obstacles, unanswered } = await findObstacles([planned], new FakeAccount(answers), CHECKS);
  expect([obstacles.length, unanswered]).toEqual([1, []]);
  return obstacles[0]?.first ?? [];
}

const OURS = held("dev-stage1", "aws_vpc.V", { id: "vpc-new" });
const OTHERS = held("prod-stage1", "aws_vpc.V", { id: "vpc-old" });
const MANAGED = { MasterUserSecret: { KmsKeyId: "arn:aws:kms:us-east-1:444455556666:key/1234" } };
const KEYS = { "kms list-aliases": { Aliases: [{ AliasName: "alias/opsdx-dev-db", TargetKeyId: "1234" }] } };
const ALIAS = resource("aws_kms_alias.A", {
  name: "alias/opsdx-dev-db",
  target_key_id: "${aws_kms_key.Db_Key.key_id}",
});

const database = (body: Planned["body"], item: object, around: Partial<Planned["around"]> = {}) =>
  [
    resource("aws_db_instance.D", { identifier: "opsdx-dev-db", ...body }, { declared: [ALIAS], ...around }),
    {
      ...KEYS,
      "rds describe-db-instances": { DBInstances: [{ DBInstanceIdentifier: "opsdx-dev-db", ...MANAGED, ...item }] },
    },
  ] as const;

describe("what stands in another network than its stack's", () => {
  const inVpc = (VpcId: string) =>
    database({ db_subnet_group_name: "${g.name}" }, { DBSubnetGroup: { VpcId } }, { held: [OTHERS, OURS] });

  it("moves by dump or snapshot: a database, whatever its name", async () => {
    expect(await first(...inVpc("vpc-old"))).toEqual([
      "VpcId must be the network of its environment, vpc-new, got vpc-old, which it never leaves. " +
        "Its data moves by dump or snapshot, and the name is free once it is gone: docs/recipes/come-from-the-old-system.md#databases",
    ]);
    expect(await first(...inVpc("vpc-new"))).toEqual([]);
  });

  it("may be anywhere where nothing is declared, and nowhere before the network is made", async () => {
    expect(await first(...database({}, { DBSubnetGroup: { VpcId: "vpc-old" } }))).toEqual([]);
    const group = resource("aws_db_subnet_group.G", { name: "opsdx-dev-db", subnet_ids: ["${s.id}"] });
    const answers = {
      "rds describe-db-subnet-groups": { DBSubnetGroups: [{ DBSubnetGroupName: "opsdx-dev-db", VpcId: "vpc-old" }] },
    };
    expect(await first(group, answers)).toEqual([expect.stringContaining("which is still to be made, got vpc-old")]);
  });

  it.each([
    ["aws_lb", "subnets", "describe-load-balancers", "LoadBalancers", "LoadBalancerName", "LoadBalancerArn"],
    ["aws_lb", "subnet_mapping", "describe-load-balancers", "LoadBalancers", "LoadBalancerName", "LoadBalancerArn"],
    ["aws_lb_target_group", "vpc_id", "describe-target-groups", "TargetGroups", "TargetGroupName", "TargetGroupArn"],
  ])("%s (%s) is deleted, since it holds nothing", async (type, argument, call, key, name, arn) => {
    const steps = await first(resource(`${type}.L`, { name: "web", [argument]: "${v}" }, { held: [OURS] }), {
      [`elbv2 ${call}`]: { [key]: [{ [name]: "web", [arn]: "arn:it", VpcId: "vpc-old" }] },
    });
    expect(steps).toEqual([expect.stringMatching(/got vpc-old.* aws elbv2 delete-.* arn:it$/)]);
  });
});

describe("a database's engine", () => {
  const versions = (declared: string, EngineVersion: string) =>
    database({ engine_version: declared }, { EngineVersion });

  it.each([
    ["17", "9.6.24"],
    ["17", "16.4"],
    ["9.6", "9.5.2"],
  ])("%s declared and %s there: rehearsed first, for it leads one way only", async (declared, found) => {
    expect(await first(...versions(declared, found))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^EngineVersion must be of the major version that is declared, ${declared}, got ${found}:.*db\\.md#upgrade`,
        ),
      ),
    ]);
  });

  it.each([
    ["17", "17.6"],
    ["9.6", "9.6.24"],
  ])("%s declared and %s there: the same", async (declared, found) => {
    expect(await first(...versions(declared, found))).toEqual([]);
  });
});

describe("a database's master password", () => {
  const body = { master_user_secret_kms_key_id: "${aws_kms_key.Db_Key.arn}" };

  it("gets the declared key with the first switch, for it gets no other", async () => {
    expect(await first(...database(body, { MasterUserSecret: undefined }))).toEqual([
      expect.stringMatching(
        /aws rds modify-db-instance --db-instance-identifier opsdx-dev-db --manage-master-user-password --master-user-secret-kms-key-id alias\/opsdx-dev-db --apply-immediately$/,
      ),
    ]);
  });

  it("with another key is switched off and on again", async () => {
    expect(await first(...database(body, MANAGED))).toEqual([]);
    const [step, ...others] = await first(
      ...database(body, { MasterUserSecret: { KmsKeyId: "arn:aws:kms:x:1:key/aws" } }),
    );
    expect(others).toEqual([]);
    expect(step).toMatch(
      /^MasterUserSecret\.KmsKeyId must be the key of alias\/opsdx-dev-db, 1234, got arn:aws:kms:x:1:key\/aws,.*--no-manage-master-user-password .*--manage-master-user-password --master-user-secret-kms-key-id alias\/opsdx-dev-db/,
    );
  });
});

it.each([
  [
    "PendingDeletion",
    /its key 1234 is to be deleted.*cancel-key-deletion --key-id 1234; aws kms enable-key --key-id 1234$/,
  ],
  ["Disabled", /its key 1234 must be enabled, got Disabled\. First: aws kms enable-key --key-id 1234$/],
])("a key that is %s is put right first", async (KeyState, told) => {
  const answers = { ...KEYS, "kms describe-key --key-id 1234": { KeyMetadata: { KeyState } } };
  expect(await first(ALIAS, answers)).toEqual([expect.stringMatching(told)]);
  expect(await first(ALIAS, { ...KEYS, "kms describe-key": { KeyMetadata: { KeyState: "Enabled" } } })).toEqual([]);
});
