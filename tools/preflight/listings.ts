import { text } from "../../constructs/shared/policy/model";
import { AWS_PROVIDER_VERSION } from "../../stacks/deployment";
import type { Account } from "./account";
import {
  databaseFirst,
  inOtherVpc,
  keyFirst,
  OTHER_VPC_BALANCER,
  OTHER_VPC_DATABASE,
  OTHER_VPC_TARGETS,
} from "./first";
import { itemsOf, type Item } from "./items";
import { taken, type Also, type Check, type Obstacle } from "./obstacle";
import { literal, type Planned } from "./planned";

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
  /** What must be done before the resource can take it over, as it is now. @default - nothing */
  readonly first?: (resource: Planned, item: Item, account: Account) => readonly string[] | Promise<readonly string[]>;
  /** What is taken over with it, since it belongs to it and has no name of its own. @default - nothing */
  readonly also?: (resource: Planned, item: Item) => readonly Also[];
}

/** Load balancers. */
export const BALANCERS: Listing = {
  type: "aws_lb",
  argument: "name",
  what: "a load balancer of this name",
  list: ["elbv2", "describe-load-balancers"],
  key: "LoadBalancers",
  name: ({ LoadBalancerName }) => LoadBalancerName,
  id: ({ LoadBalancerArn }) => LoadBalancerArn,
  first: (resource, { LoadBalancerArn, VpcId }) =>
    inOtherVpc(resource, ["subnets", "subnet_mapping"], VpcId, `${OTHER_VPC_BALANCER} ${String(LoadBalancerArn)}`),
};

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
    first: keyFirst,
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
    type: "aws_cloudtrail",
    argument: "name",
    what: "a trail of this name",
    // A shadow is the same trail in another region, or an organization's in a member's account: neither is the account's own.
    list: ["cloudtrail", "describe-trails", "--no-include-shadow-trails"],
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
    first: (_, { DeletedDate, Name }) =>
      DeletedDate === undefined
        ? []
        : [
            `It is to be deleted, and keeps its name until then. First: aws secretsmanager restore-secret --secret-id ${String(Name)}`,
          ],
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
    first: databaseFirst,
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
    first: (resource, { VpcId }) => inOtherVpc(resource, ["subnet_ids"], VpcId, OTHER_VPC_DATABASE),
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
  BALANCERS,
  {
    type: "aws_lb_target_group",
    argument: "name",
    what: "a target group of this name",
    list: ["elbv2", "describe-target-groups"],
    key: "TargetGroups",
    name: ({ TargetGroupName }) => TargetGroupName,
    id: ({ TargetGroupArn }) => TargetGroupArn,
    first: (resource, { TargetGroupArn, VpcId }) =>
      inOtherVpc(resource, ["vpc_id"], VpcId, `${OTHER_VPC_TARGETS} ${String(TargetGroupArn)}`),
  },
];

/** Public zones. Several may have one name, so what is there is looked at zone by zone (zones.ts). */
export const ZONES: Listing = {
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
};

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
          const obstacles: Obstacle[] = [];
          // One after the other: each question is a process of its own.
          for (const resource of planned.filter((one) => one.region === region)) {
            const name = literal(resource.body[argument]);
            const item = items.get(name || null);
            if (item === undefined) continue;
            const said = `the account has ${what} already, ${name}`;
            obstacles.push({
              ...taken(resource, said, String(id(item)), advice?.(item)),
              also: also?.(resource, item),
              first: await first?.(resource, item, account),
            });
          }
          return obstacles;
        }),
      );
      return found.flat();
    },
  };
}
