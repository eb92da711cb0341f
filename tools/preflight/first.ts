import { stackOwner } from "../../config/names";
import { addressesIn, text } from "../../constructs/shared/policy/model";
import type { Account } from "./account";
import { itemsOf, type Item } from "./items";
import { literal, type Planned } from "./planned";

const RECIPE = "docs/recipes/come-from-the-old-system.md#databases";
const UPGRADE =
  "docs/runbook/db.md#upgrade-the-engine-version-minor-restart-in-the-window-major-10-to-60-minutes-down-and-irreversible-but-by-restore";

/**
 * What stands in another network than its stack's: a deploy would try to move it in place, and AWS moves nothing so.
 * @param args - the arguments that give a resource its network; one without any may stand in any
 * @param way - what helps
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html
 */
export function inOtherVpc(
  { around, body, stack }: Planned,
  args: readonly string[],
  found: string | undefined,
  way: string,
): readonly string[] {
  const vpcIds = around.held
    .filter(({ type, stack: of }) => type === "aws_vpc" && stackOwner(of) === stackOwner(stack))
    .map(({ attributes }) => text(attributes["id"]));
  if (found === undefined || vpcIds.includes(found) || args.every((name) => body[name] === undefined)) return [];
  const ours = vpcIds.length === 0 ? "which is still to be made" : vpcIds.join(" or ");
  return [`VpcId must be the network of its environment, ${ours}, got ${found}, which it never leaves. ${way}`];
}

/** What helps a subnet group of databases, and a database, in another network. */
export const OTHER_VPC_DATABASE = `Its data moves by dump or snapshot, and the name is free once it is gone: ${RECIPE}`;

/** What helps a load balancer in another network. */
export const OTHER_VPC_BALANCER =
  "It holds nothing: once no record leads to it, aws elbv2 delete-load-balancer --load-balancer-arn";

/** What helps a target group in another network. */
export const OTHER_VPC_TARGETS =
  "It holds nothing: once no load balancer leads to it, aws elbv2 delete-target-group --target-group-arn";

/** What must be done before a database can be taken over. */
export async function databaseFirst(resource: Planned, item: Item, account: Account): Promise<readonly string[]> {
  const group = item["DBSubnetGroup"] as { readonly VpcId?: string } | undefined;
  return [
    ...inOtherVpc(resource, ["db_subnet_group_name"], group?.VpcId, OTHER_VPC_DATABASE),
    ...otherMajor(resource, item),
    ...(await otherMaster(resource, item, account)),
  ];
}

/** A major version of PostgreSQL: two numbers before 10. */
function majorOf(version: string): string {
  return (/^9\.\d+|^\d+/.exec(version) ?? [version])[0];
}

/** A deploy would upgrade it at once, and no way but a restore leads back. */
function otherMajor({ body }: Planned, item: Item): readonly string[] {
  const declared = literal(body["engine_version"]);
  const { EngineVersion: found = "" } = item;
  if (declared === "" || found === "" || majorOf(declared) === majorOf(found)) return [];
  return [
    `EngineVersion must be of the major version that is declared, ${majorOf(declared)}, got ${found}: the deploy would upgrade it, which only a restore takes back. ` +
      `Rehearse the upgrade on a copy and do it first (${UPGRADE}), or declare what is there: databases.<name>.engineVersion in config/environments/<env>.ts`,
  ];
}

/**
 * The program reads the secret that RDS keeps of the master user, by the key that it declares for it. RDS gives a secret no other key.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
 */
async function otherMaster(
  { around, body, region }: Planned,
  item: Item,
  account: Account,
): Promise<readonly string[]> {
  const { DBInstanceIdentifier: id = "" } = item;
  const [keyAddress = ""] = addressesIn(body["master_user_secret_kms_key_id"]);
  const alias = around.declared.find(
    ({ type, body: its }) => type === "aws_kms_alias" && addressesIn(its["target_key_id"]).includes(keyAddress),
  );
  const aliasName = keyAddress === "" ? "" : literal(alias?.body["name"]);
  const modify = `aws rds modify-db-instance --db-instance-identifier ${id}`;
  const withKey = aliasName === "" ? "" : ` --master-user-secret-kms-key-id ${aliasName}`;
  const manage = `${modify} --manage-master-user-password${withKey} --apply-immediately`;
  const { MasterUserSecret: secret } = item as { readonly MasterUserSecret?: { readonly KmsKeyId?: string } };
  if (secret === undefined) {
    return [
      `RDS must manage the password of its master user, and does not. Whoever signs in with that gets another one. ` +
        `First${aliasName === "" ? "" : ", once that alias is there, for the key is for good"}: ${manage}`,
    ];
  }
  if (aliasName === "" || secret.KmsKeyId === undefined) return [];
  const aliases = itemsOf(await account.ask(["kms", "list-aliases"], region), "Aliases");
  const key = aliases.find(({ AliasName }) => AliasName === aliasName)?.TargetKeyId;
  if (key !== undefined && secret.KmsKeyId.split("/").at(-1) === key) return [];
  return [
    `MasterUserSecret.KmsKeyId must be the key of ${aliasName}, ${key ?? "which is not there"}, got ${secret.KmsKeyId}, and RDS changes it in no way but off and on again. ` +
      `Whoever signs in with the password gets another one. First: ${modify} --no-manage-master-user-password --master-user-password '<a new one>' --apply-immediately; ` +
      `once the instance is available: ${manage}`,
  ];
}

/**
 * A key that is off or about to be deleted: what it encrypts cannot be read, and the deploy that takes it over would not change that.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export async function keyFirst({ region }: Planned, item: Item, account: Account): Promise<readonly string[]> {
  const { TargetKeyId: id } = item;
  if (id === undefined) return [];
  const answer = await account.ask(["kms", "describe-key", "--key-id", id], region);
  const { KeyMetadata: { KeyState: state = "Enabled" } = {} } = (answer ?? {}) as {
    readonly KeyMetadata?: { readonly KeyState?: string };
  };
  const enable = `aws kms enable-key --key-id ${id}`;
  if (state === "PendingDeletion") {
    return [
      `its key ${id} is to be deleted, with all that it encrypts. First: aws kms cancel-key-deletion --key-id ${id}; ${enable}`,
    ];
  }
  return state === "Disabled" ? [`its key ${id} must be enabled, got Disabled. First: ${enable}`] : [];
}
