import { closest } from "fastest-levenshtein";
import ipaddr from "ipaddr.js";
import { z } from "zod";

/** A twelve-digit AWS account id. */
export const accountId = z.string().regex(/^\d{12}$/, "must be an AWS account id: twelve digits");

/**
 * The regions of the partition `aws`, which every ARN of this program names.
 * @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
 */
export const AWS_REGIONS = [
  ...["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1"],
  ...["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"],
  ...["ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"],
  ...["ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6"],
  ...["ap-southeast-7", "af-south-1", "il-central-1", "me-central-1", "me-south-1"],
];

/** An AWS region name such as `us-east-1`. */
export const region = z.string().superRefine((name, context) => {
  if (AWS_REGIONS.includes(name)) return;
  context.addIssue({
    code: "custom",
    message: "must be the name of an AWS region",
    params: { nearest: closest(name, AWS_REGIONS) },
  });
});

/**
 * Regions that an account has only once somebody enables them: every call there fails until then.
 * @see https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
 */
const OPT_IN_REGIONS: readonly string[] = [
  ...["af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"],
  ...["ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1"],
  ...["me-central-1", "me-south-1", "mx-central-1"],
];

/** A region that receives copies: every account has it from the start. */
export const copyRegion = region.superRefine((name, context) => {
  if (!OPT_IN_REGIONS.includes(name)) return;
  context.addIssue({
    code: "custom",
    message: "must be a region that every account has from the start: until somebody enables this one, no copy arrives",
    params: {
      nearest: closest(
        name,
        AWS_REGIONS.filter((other) => !OPT_IN_REGIONS.includes(other)),
      ),
    },
  });
});

/** An availability zone name such as `us-east-1a`. */
export const zoneName = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "must be the name of an availability zone such as us-east-1a");

/** A fully qualified domain name without the final dot. */
export const domainName = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "must be a lower-case domain name of labels of at most 63 characters, without a final dot",
  );

/** The label of a host below the environment's zone, one deep: the wildcard certificate covers no more. */
export const hostLabel = z.string().superRefine((name, context) => {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  if (label.test(name)) return;
  const [first = ""] = name.split(".");
  context.addIssue({
    code: "custom",
    message:
      "must be one label of lower-case letters, digits and hyphens, at most 63: the environment's zone is put behind it, and the wildcard certificate covers no deeper name",
    params: { nearest: label.test(first) ? first : undefined },
  });
});

/**
 * An S3 bucket name.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export const bucketName = z
  .string()
  .regex(
    /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias|--ol-s3|--x-s3)$/,
    "must be 3 to 63 lower-case letters, digits and hyphens (dots break TLS), with no reserved prefix or suffix",
  );

/** An e-mail address that receives alarm notifications. */
export const email = z.email("must be an e-mail address");

/** The runbook reads a backquote as code, an angle bracket as something to fill in, and TODO as a page that is not done. */
const saysSomething = (text: string): boolean => !/[`<>]|\bTODO\b/.test(text);

/** Whole sentences that the runbook begins a page with. */
export const sentences = z
  .string()
  .regex(/^[A-Z](?![A-Z_]*=).*[.!]$/, "must be whole sentences")
  .refine(saysSomething, "must be prose: no backquotes, no angle brackets, no TODO");

/** A few words that the runbook puts into a sentence. */
export const words = z
  .string()
  .regex(/^\S(.*\S)?$/, "must be words, without spaces around them")
  .refine(saysSomething, "must be prose: no backquotes, no angle brackets, no TODO");

/** A percentage from 1 to 100. */
export const percentage = z.number().min(1).max(100);

/** The network address of an IPv4 block in CIDR notation. */
export function networkAddress(block: string): string {
  return ipaddr.IPv4.networkAddressFromCIDR(block).toString();
}

/** An IPv4 network in CIDR notation whose host bits are zero. A fault is final: rules on the object would only meet junk. */
export const cidr = z.string().superRefine((value, context) => {
  if (!ipaddr.IPv4.isValidCIDR(value)) {
    context.addIssue({ code: "custom", message: "must be an IPv4 CIDR block such as 10.0.0.0/16", continue: false });
    return;
  }
  const nearest = `${networkAddress(value)}/${value.split("/")[1] ?? ""}`;
  if (nearest === value) return;
  context.addIssue({
    code: "custom",
    message: "must start at its network address",
    params: { nearest },
    continue: false,
  });
});

/** An IPv4 address. */
export const ipv4 = z
  .string()
  .refine((value) => ipaddr.IPv4.isValidFourPartDecimal(value), { error: "must be an IPv4 address", abort: true });

/**
 * The number of days CloudWatch Logs keeps an event: the service takes only these.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** A retention that CloudWatch Logs accepts, in days. */
export const logRetentionDays = z.literal(LOG_RETENTION_DAYS);

/** A retention for audit logs: a year or more, whatever the environment. */
export const auditRetentionDays = z.literal(
  LOG_RETENTION_DAYS.filter((days) => days >= 365),
  { error: "must be a retention of CloudWatch Logs of at least 365 days: audit logs are kept a year everywhere" },
);

/** A name of a person or a team. */
export const owner = z.string().refine((name) => name.trim() !== "", "must name who answers for it");
