import type { z } from "zod";
import {
  accountId,
  bucketName,
  cidr,
  domainName,
  email,
  ipv4,
  copyRegion,
  region,
  zoneName,
} from "../../../config/schema/primitives";

describe.each<[string, z.ZodType, readonly string[], readonly string[]]>([
  ["accountId", accountId, ["123456789012", "000000000000"], ["12345678901", "1234567890123", "12345678901a", ""]],
  ["copyRegion", copyRegion, ["us-east-1", "us-west-2", "eu-west-3"], ["us-east-9", "eu-central-2", "me-south-1"]],
  ["region", region, ["us-east-1", "ap-southeast-7"], ["us-east-9", "us-gov-west-1", "cn-north-1", "US-EAST-1"]],
  ["zoneName", zoneName, ["us-east-1a", "ap-southeast-2c"], ["us-east-1", "a", "us-east-1A", "us-east-1aa"]],
  [
    "domainName",
    domainName,
    ["opsdx.io", "a.b-c.example.com", `${"a".repeat(63)}.io`],
    ["opsdx", "opsdx.io.", "Opsdx.io", "-a.io", "a_b.io", `${"a".repeat(64)}.io`, `${"a.".repeat(126)}example`],
  ],
  [
    "bucketName",
    bucketName,
    ["abc", "opsdx-state", "a".repeat(63)],
    ["ab", "a.b.c", "abc-", "sthree-a", "abc--ol-s3", "a_b_c"],
  ],
  ["email", email, ["oncall@opsdx.io", "first.last+alarms@opsdx.io"], ["oncall", "@opsdx.io", "a b@opsdx.io", "a@b"]],
  [
    "cidr",
    cidr,
    ["10.0.0.0/16", "0.0.0.0/0", "10.0.0.1/32"],
    ["10.0.0.0", "10.0.0.1/16", "10.0.0.0/33", "256.0.0.0/8", "::/0"],
  ],
  ["ipv4", ipv4, ["10.0.0.1", "255.255.255.255"], ["10.0.0", "10.0.0.256", "::1", "10.0.0.0/16", ""]],
])("%s", (_, schema, good, bad) => {
  it.each(good)("takes %j", (value) => {
    expect(schema.safeParse(value).success).toBe(true);
  });

  it.each(bad)("refuses %j", (value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });
});
