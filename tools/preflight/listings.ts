import { text } from "../../constructs/shared/policy/model";
import { AWS_PROVIDER_VERSION } from "../../stacks/deployment";
import type { Account } from "./account";
import { taken, type Also, type Check } from "./obstacle";
import { literal, type Planned } from "./planned";

/** What matters of an item is text, where it is there. */
export type Item = Readonly<Record<string, string | undefined>>;

/** How things of a kind are listed, and told apart. */
export interface Listing {
  /** The resource's type; how it is imported stands at {@link importDocs}. */
  readonly type: string;
  /** Argument that names the resource. */
  readonly argument: string;
  /** What it is, for people. */
  readonly what: string;
  /** The call that lists what is there. */
  readonly list: readonly string[];
  /** Key of the answer. */
  readonly key: string;
  /** Its name, as the argument has it. */
  readonly name: (item: Item) => unknown;
  /** Id under which Terraform imports it. */
  readonly id: (item: Item) => unknown;
  /** What to do besides. @default - nothing */
  readonly advice?: (item: Item) => string | undefined;
  /** What must be done before it can be taken over, as it is now. @default - nothing */
  readonly first?: (item: Item) => string | undefined;
  /** What is taken over with it, since it belongs to it and has no name of its own. @default - nothing */
  readonly also?: (resource: Planned, item: Item) => readonly Also[];
}

/** Names that AWS takes once in an account, or once in a region of it. */
export const LISTINGS: readonly Listing[] = [
  {
    type: "aws_iam_role",
    argument: "name",
    what: "a role of this name",
    list: ["iam", "list-roles"],
    key: "Roles",
    name: ({ RoleName }) => RoleName,
    id: ({ RoleName }) => RoleName,
  },
  {
    type: "aws_iam_policy",
    argument: "name",
    what: "a policy of this name",
    list: ["iam", "list-policies", "--scope", "Local"],
    key: "Policies",
    name: ({ PolicyName }) => PolicyName,
    id: ({ Arn }) => Arn,
  },
  {
    type: "aws_iam_instance_profile",
    argument: "name",
    what: "an instance profile of this name",
    list: ["iam", "list-instance-profiles"],
    key: "InstanceProfiles",
    name: ({ InstanceProfileName }) => InstanceProfileName,
    id: ({ InstanceProfileName }) => InstanceProfileName,
  },
  {
    type: "aws_iam_service_linked_role",
    argument: "aws_service_name",
    what: "the service's own role",
    list: ["iam", "list-roles", "--path-prefix", "/aws-service-role/"],
    key: "Roles",
    name: ({ Path }) => String(Path).split("/")[2],
    id: ({ Arn }) => Arn,
  },
  {
    type: "aws_iam_openid_connect_provider",
    argument: "url",
    what: "an identity provider of this address",
    list: ["iam", "list-open-id-connect-providers"],
    key: "OpenIDConnectProviderList",
    name: ({ Arn }) => `https://${String(Arn).replace(/^.*:oidc-provider\//, "")}`,
    id: ({ Arn }) => Arn,
  },
  {
    type: "aws_kms_alias",
    argument: "name",
    what: "an alias of this name",
    list: ["kms", "list-aliases"],
    key: "Aliases",
    name: ({ AliasName }) => AliasName,
    id: ({ AliasName }) => AliasName,
    advice: ({ AliasName, TargetKeyId }) =>
      `It names the key ${String(TargetKeyId)}. If nothing uses that: aws kms delete-alias --alias-name ${String(AliasName)}`,
    also: ({ body }, { TargetKeyId }) => {
      const address = referred(body["target_key_id"], "aws_kms_key");
      return address === undefined || TargetKeyId === undefined ? [] : [{ address, importId: TargetKeyId }];
    },
  },
  {
    type: "aws_cloudwatch_log_group",
    argument: "name",
    what: "a log group of this name",
    list: ["logs", "describe-log-groups"],
    key: "logGroups",
    name: ({ logGroupName }) => logGroupName,
    id: ({ logGroupName }) => logGroupName,
  },
  {
    type: "aws_route53_zone",
    argument: "name",
    what: "a public zone of this name",
    list: ["route53", "list-hosted-zones"],
    key: "HostedZones",
    name: ({ Name, Config }) =>
      (Config as { readonly PrivateZone?: boolean } | undefined)?.PrivateZone === true
        ? undefined
        : String(Name).replace(/\.$/, ""),
    id: ({ Id }) => String(Id).replace("/hostedzone/", ""),
    advice: () => "A second one would get other name servers than the registrar has",
  },
  {
    type: "aws_cloudtrail",
    argument: "name",
    what: "a trail of this name",
    list: ["cloudtrail", "describe-trails"],
    key: "trailList",
    name: ({ Name }) => Name,
    id: ({ TrailARN }) => TrailARN,
  },
  {
    type: "aws_secretsmanager_secret",
    argument: "name",
    what: "a secret of this name",
    list: ["secretsmanager", "list-secrets", "--include-planned-deletion"],
    key: "SecretList",
    name: ({ Name }) => Name,
    id: ({ ARN }) => ARN,
    first: ({ DeletedDate, Name }) =>
      DeletedDate === undefined
        ? undefined
        : `It is to be deleted, and keeps its name until then. First: aws secretsmanager restore-secret --secret-id ${String(Name)}`,
  },
  {
    type: "aws_ecr_repository",
    argument: "name",
    what: "an image repository of this name",
    list: ["ecr", "describe-repositories"],
    key: "repositories",
    name: ({ repositoryName }) => repositoryName,
    id: ({ repositoryName }) => repositoryName,
  },
  {
    type: "aws_lambda_function",
    argument: "function_name",
    what: "a function of this name",
    list: ["lambda", "list-functions"],
    key: "Functions",
    name: ({ FunctionName }) => FunctionName,
    id: ({ FunctionName }) => FunctionName,
  },
  {
    type: "aws_db_instance",
    argument: "identifier",
    what: "a database of this name",
    list: ["rds", "describe-db-instances"],
    key: "DBInstances",
    name: ({ DBInstanceIdentifier }) => DBInstanceIdentifier,
    id: ({ DBInstanceIdentifier }) => DBInstanceIdentifier,
    // The program reads the secret that RDS then keeps: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
    first: ({ DBInstanceIdentifier, MasterUserSecret }) =>
      MasterUserSecret === undefined
        ? `RDS must manage the password of its master user, and does not. Whoever signs in with that gets another one. First: aws rds modify-db-instance --db-instance-identifier ${String(DBInstanceIdentifier)} --manage-master-user-password --apply-immediately`
        : undefined,
  },
  {
    type: "aws_backup_vault",
    argument: "name",
    what: "a backup vault of this name",
    list: ["backup", "list-backup-vaults"],
    key: "BackupVaultList",
    name: ({ BackupVaultName }) => BackupVaultName,
    id: ({ BackupVaultName }) => BackupVaultName,
  },
  {
    type: "aws_db_subnet_group",
    argument: "name",
    what: "a subnet group of databases of this name",
    list: ["rds", "describe-db-subnet-groups"],
    key: "DBSubnetGroups",
    name: ({ DBSubnetGroupName }) => DBSubnetGroupName,
    id: ({ DBSubnetGroupName }) => DBSubnetGroupName,
  },
  {
    type: "aws_sns_topic",
    argument: "name",
    what: "a topic of this name",
    list: ["sns", "list-topics"],
    key: "Topics",
    name: ({ TopicArn }) => String(TopicArn).split(":").at(-1),
    id: ({ TopicArn }) => TopicArn,
  },
  {
    type: "aws_ssm_parameter",
    argument: "name",
    what: "a parameter of this name",
    list: ["ssm", "describe-parameters"],
    key: "Parameters",
    name: ({ Name }) => Name,
    id: ({ Name }) => Name,
  },
  {
    type: "aws_lb",
    argument: "name",
    what: "a load balancer of this name",
    list: ["elbv2", "describe-load-balancers"],
    key: "LoadBalancers",
    name: ({ LoadBalancerName }) => LoadBalancerName,
    id: ({ LoadBalancerArn }) => LoadBalancerArn,
  },
];

/** Where the AWS provider documents the id under which it imports a type, and what it cannot change in place. */
export function importDocs(type: string): string {
  return `https://registry.terraform.io/providers/hashicorp/aws/${AWS_PROVIDER_VERSION.replace("= ", "")}/docs/resources/${type.replace(/^aws_/, "")}#import`;
}

/** The address that an argument refers to, where it is of a type. */
export function referred(value: unknown, type: string): string | undefined {
  return new RegExp(`\\$\\{(${type}\\.[A-Za-z0-9_-]+)\\.`).exec(text(value))?.[1];
}

/** What an account holds of a kind, by name. */
export async function listed(
  { key, list, name }: Pick<Listing, "key" | "list" | "name">,
  account: Account,
  region: string,
): Promise<ReadonlyMap<unknown, Item>> {
  return new Map(itemsOf(await account.ask(list, region), key).map((item) => [name(item), item]));
}

/** The list in an answer. */
export function itemsOf(answer: unknown, key: string): readonly Item[] {
  const found = (answer as Readonly<Record<string, readonly Item[]>> | undefined)?.[key];
  return found ?? [];
}

/** Looks for what has the name that a resource is to get. */
export function listingCheck(listing: Listing): Check {
  const { type, argument, what, id, advice, also, first } = listing;
  return {
    types: [type],
    find: async (planned, account) => {
      const regions = [...new Set(planned.map(({ region }) => region))];
      const found = await Promise.all(
        regions.map(async (region) => {
          const items = await listed(listing, account, region);
          return planned
            .filter((resource) => resource.region === region)
            .flatMap((resource) => {
              const name = literal(resource.body[argument]);
              const item = items.get(name || null);
              if (item === undefined) return [];
              const said = `the account has ${what} already, ${name}`;
              const found = taken(resource, said, String(id(item)), advice?.(item));
              return [{ ...found, also: also?.(resource, item), first: first?.(item) }];
            });
        }),
      );
      return found.flat();
    },
  };
}
