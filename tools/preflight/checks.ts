import type { Account } from "./account";
import { taken, type Check, type Obstacle } from "./obstacle";
import { literal, type Planned } from "./planned";
import { quotaChecks } from "./quotas";

/** What matters of an item is text, where it is there. */
type Item = Readonly<Record<string, string | undefined>>;

/** How things of a kind are listed, and told apart. */
interface Listing {
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
}

/** Names that AWS takes once in an account, or once in a region of it. */
const LISTINGS: readonly Listing[] = [
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
      `It names the key ${String(TargetKeyId)}: import that, too, as the key beside it, or, if nothing uses it: aws kms delete-alias --alias-name ${String(AliasName)}`,
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
    advice: ({ DeletedDate, Name }) =>
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
];

function itemsOf(answer: unknown, key: string): readonly Item[] {
  const found = (answer as Readonly<Record<string, readonly Item[]>> | undefined)?.[key];
  return found ?? [];
}

function listingCheck({ type, argument, what, list, key, name, id, advice }: Listing): Check {
  return {
    types: [type],
    find: async (planned, account) => {
      const regions = [...new Set(planned.map(({ region }) => region))];
      const found = await Promise.all(
        regions.map(async (region) => {
          const items = new Map(itemsOf(await account.ask(list, region), key).map((item) => [name(item), item]));
          return planned
            .filter((resource) => resource.region === region)
            .flatMap((resource) => {
              const item = items.get(literal(resource.body[argument]) || null);
              return item === undefined
                ? []
                : [
                    taken(
                      resource,
                      `the account has ${what} already, ${literal(resource.body[argument])}`,
                      String(id(item)),
                      advice?.(item),
                    ),
                  ];
            });
        }),
      );
      return found.flat();
    },
  };
}

/** Things of which an account has one, or one in a region, whatever it is called. */
function onceCheck(
  type: string,
  what: string,
  words: readonly string[],
  existing: (
    answer: unknown,
    resource: Planned,
    account: Account,
  ) => { readonly id: string; readonly advice?: string } | undefined,
): Check {
  return {
    types: [type],
    find: async (planned, account) => {
      const found = await Promise.all(
        planned.map(async (resource) => {
          const there = existing(await account.ask(words, resource.region), resource, account);
          return there === undefined
            ? []
            : [taken(resource, `the account has ${what} already, ${there.id}`, there.id, there.advice)];
        }),
      );
      return found.flat();
    },
  };
}

/**
 * One that is called otherwise than it is declared is taken over and, since its name cannot be changed, made anew.
 * @param deletion - the call that deletes one, without its name
 */
function renamed(declared: unknown, name: string, deletion: string): string | undefined {
  return literal(declared) === name
    ? undefined
    : `Its name differs, so the plan replaces it. If nothing needs it, delete it instead: ${deletion} ${name}`;
}

const ONCE: readonly Check[] = [
  onceCheck("aws_guardduty_detector", "a detector in this region", ["guardduty", "list-detectors"], (answer) => {
    const [id] = (answer as { readonly DetectorIds?: readonly string[] } | undefined)?.DetectorIds ?? [];
    return id === undefined ? undefined : { id };
  }),
  onceCheck(
    "aws_config_configuration_recorder",
    "a recorder of AWS Config in this region",
    ["configservice", "describe-configuration-recorders"],
    (answer, resource) => {
      const [{ name } = {}] = itemsOf(answer, "ConfigurationRecorders");
      return name === undefined
        ? undefined
        : {
            id: name,
            advice: renamed(
              resource.body["name"],
              name,
              "aws configservice delete-configuration-recorder --configuration-recorder-name",
            ),
          };
    },
  ),
  onceCheck(
    "aws_config_delivery_channel",
    "a delivery channel of AWS Config in this region",
    ["configservice", "describe-delivery-channels"],
    (answer, resource) => {
      const [{ name } = {}] = itemsOf(answer, "DeliveryChannels");
      return name === undefined
        ? undefined
        : {
            id: name,
            advice: renamed(
              resource.body["name"],
              name,
              "aws configservice delete-delivery-channel --delivery-channel-name",
            ),
          };
    },
  ),
  onceCheck(
    "aws_securityhub_account",
    "Security Hub in this region",
    ["securityhub", "describe-hub"],
    (answer, _, { id }) => (answer === undefined ? undefined : { id }),
  ),
  onceCheck("aws_macie2_account", "Macie in this region", ["macie2", "get-macie-session"], (answer, _, { id }) =>
    answer === undefined ? undefined : { id },
  ),
  onceCheck(
    "aws_accessanalyzer_analyzer",
    "an analyzer of this type in this region",
    ["accessanalyzer", "list-analyzers"],
    (answer, resource) => {
      const type = literal(resource.body["type"]) || "ACCOUNT";
      const same = itemsOf(answer, "analyzers").find((analyzer) => analyzer["type"] === type);
      if (same === undefined) return undefined;
      const name = String(same["name"]);
      const deletion = "aws accessanalyzer delete-analyzer --analyzer-name";
      return { id: name, advice: renamed(resource.body["analyzer_name"], name, deletion) };
    },
  ),
  onceCheck(
    "aws_ce_anomaly_monitor",
    "a cost monitor by service",
    ["ce", "get-anomaly-monitors"],
    (answer, resource) => {
      if (literal(resource.body["monitor_type"]) !== "DIMENSIONAL") return undefined;
      const same = itemsOf(answer, "AnomalyMonitors").find(
        (monitor) =>
          monitor["MonitorType"] === "DIMENSIONAL" &&
          monitor["MonitorDimension"] === resource.body["monitor_dimension"],
      );
      // AWS makes one by itself as soon as somebody opens Cost Explorer: https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html
      return same === undefined ? undefined : { id: String(same["MonitorArn"]) };
    },
  ),
];

/** Names of buckets are taken once in the world. */
const BUCKETS: Check = {
  types: ["aws_s3_bucket"],
  find: async (planned, account) => {
    const found = await Promise.all(
      planned.map(async (resource): Promise<readonly Obstacle[]> => {
        const name = literal(resource.body["bucket"]);
        if (name === "") return [];
        const words = ["s3api", "head-bucket", "--bucket", name];
        const state = await account.ask(words, resource.region).then(
          (answer) => (answer === undefined ? "free" : "ours"),
          (error: unknown) => {
            // 403 is somebody else's bucket, or one of ours that refuses; 301 and 400 are one in another region.
            if (error instanceof Error && /\((403|301|400)\)|Forbidden|Moved Permanently/.test(error.message))
              return "theirs";
            throw error;
          },
        );
        if (state === "ours") return [taken(resource, `the bucket ${name} is there already, and yours to read`, name)];
        return state === "free"
          ? []
          : [
              {
                stack: resource.stack,
                address: resource.address,
                what: `the name ${name} is taken: by another account, or by a bucket of this one in another region or with a policy that shuts you out`,
                advice:
                  "Names of buckets are taken once in the world. Choose another: buckets in config/global.ts, where it stands there; any other has the account's id in it, and is yours",
              },
            ];
      }),
    );
    return found.flat();
  },
};

/** All that is looked for. */
export const CHECKS: readonly Check[] = [...LISTINGS.map(listingCheck), ...ONCE, BUCKETS, ...quotaChecks];
