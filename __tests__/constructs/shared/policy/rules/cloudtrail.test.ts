import { Cloudtrail, type CloudtrailConfig } from "@cdktf/provider-aws/lib/cloudtrail";
import { cloudtrailRules } from "../../../../../constructs/shared/policy/rules/cloudtrail";
import { testRules, type Build } from "./support";

const trail =
  (changes: Partial<CloudtrailConfig> = {}): Build =>
  (stack) =>
    new Cloudtrail(stack, "Bad", {
      name: "trail",
      s3BucketName: "bucket",
      cloudWatchLogsGroupArn: "arn:*",
      kmsKeyId: "arn",
      enableLogFileValidation: true,
      ...changes,
    });

testRules(cloudtrailRules, {
  CloudTrailCloudWatchLogsEnabled: {
    accepts: { "a trail with a log group": trail() },
    refuses: { "no log group": ["does not write to CloudWatch Logs", trail({ cloudWatchLogsGroupArn: undefined })] },
  },
  CloudTrailEncryptionEnabled: {
    accepts: { "a trail with a key": trail() },
    refuses: { "no key": ["is not encrypted with a customer-managed key", trail({ kmsKeyId: undefined })] },
  },
  CloudTrailLogFileValidationEnabled: {
    accepts: { "a trail that signs": trail() },
    refuses: {
      "no validation": ["does not sign its files", trail({ enableLogFileValidation: undefined })],
      "validation switched off": ["does not sign its files", trail({ enableLogFileValidation: false })],
    },
  },
});
