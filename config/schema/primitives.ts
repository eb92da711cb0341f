import ipaddr from "ipaddr.js";
import { z } from "zod";

/** A twelve-digit AWS account id. */
export const accountId = z.string().regex(/^\d{12}$/, "must be an AWS account id: twelve digits");

/** An AWS region name such as `us-east-1`. */
export const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region name such as us-east-1");

/** An availability zone name such as `us-east-1a`. */
export const zoneName = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "must be an availability zone name such as us-east-1a");

/** A fully qualified domain name without the final dot. */
export const domainName = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "must be a lower-case domain name of labels of at most 63 characters, without a final dot",
  );

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

/** A percentage from 1 to 100. */
export const percentage = z.number().min(1).max(100);

/** An IPv4 network in CIDR notation whose host bits are zero. */
export const cidr = z.string().superRefine((value, context) => {
  if (!ipaddr.IPv4.isValidCIDR(value)) {
    context.addIssue({ code: "custom", message: "must be an IPv4 CIDR block such as 10.0.0.0/16" });
    return;
  }
  const network = `${ipaddr.IPv4.networkAddressFromCIDR(value).toString()}/${value.split("/")[1] ?? ""}`;
  if (network !== value) {
    context.addIssue({ code: "custom", message: `must be a network address: the nearest is ${network}` });
  }
});

/** An IPv4 address. */
export const ipv4 = z.string().refine((value) => ipaddr.IPv4.isValidFourPartDecimal(value), "must be an IPv4 address");

/**
 * The number of days CloudWatch Logs keeps an event: the service takes only these.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** A retention that CloudWatch Logs accepts, in days. */
export const logRetentionDays = z.literal(LOG_RETENTION_DAYS);
