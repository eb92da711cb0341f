import type { Account } from "./account";
import { itemsOf } from "./items";
import { listingCheck, LISTINGS } from "./listings";
import { taken, type Check, type Obstacle } from "./obstacle";
import { literal, type Planned } from "./planned";
import { LISTENERS } from "./listeners";
import { quotaChecks } from "./quotas";
import { ZONE_CHECKS } from "./zones";

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
        const { stack, address, region } = resource;
        const name = literal(resource.body["bucket"]);
        if (name === "") return [];
        const place = await bucketRegion(name, region, account);
        if (place === "free") return [];
        if (place === region) return [taken(resource, `the bucket ${name} is there already, and yours to read`, name)];
        if (place !== "closed") {
          return [
            {
              stack,
              address,
              what: `the bucket ${name} must be in ${region}, got ${place}`,
              advice:
                "A bucket never leaves its region. Copy what it holds, delete it, and wait until its name is free",
            },
          ];
        }
        return [
          {
            stack,
            address,
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

/** Region of the account's bucket; `free` where there is none, `closed` where it is another account's, or refuses us. */
async function bucketRegion(name: string, region: string, account: Account): Promise<string> {
  try {
    // Another account's bucket may let us in: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    const bucket = ["--bucket", name, "--expected-bucket-owner", account.id];
    const head = await account.ask(["s3api", "head-bucket", ...bucket], region);
    if (head === undefined) return "free";
    const { BucketRegion: told } = head as { readonly BucketRegion?: string };
    if (told !== undefined) return told;
    // Not every CLI tells. us-east-1 has no name there, and eu-west-1 may have an old one.
    const at = (await account.ask(["s3api", "get-bucket-location", ...bucket], region)) as
      { readonly LocationConstraint?: string | null } | undefined;
    const found = at?.LocationConstraint ?? "us-east-1";
    return found === "EU" ? "eu-west-1" : found;
  } catch (error) {
    // 403 is somebody else's bucket, or one of ours that refuses; 301 and 400 are one in another region, whosever it is.
    if (error instanceof Error && /\((403|301|400)\)|Forbidden|Moved Permanently/.test(error.message)) return "closed";
    throw error;
  }
}

/** What can be there already, and be taken over. */
export const TAKEN: readonly Check[] = [...LISTINGS.map(listingCheck), ...ONCE, BUCKETS, LISTENERS, ...ZONE_CHECKS];

/** All that is looked for. */
export const CHECKS: readonly Check[] = [...TAKEN, ...quotaChecks];
