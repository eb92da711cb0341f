import { Cloudtrail, type CloudtrailConfig } from "@cdktf/provider-aws/lib/cloudtrail";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { serviceTrust } from "../../../../../constructs/shared/iam/policy-document";
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

const byRole =
  (assumeRolePolicy: string): Build =>
  (stack) => {
    const role = new IamRole(stack, "Role", { assumeRolePolicy });
    trail({ cloudWatchLogsRoleArn: role.arn })(stack);
  };

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
  CloudTrailLogRoleTrustHasNoSource: {
    accepts: { "a bare trust": byRole(serviceTrust("cloudtrail.amazonaws.com", undefined)) },
    refuses: {
      "a trust for one account": [
        "writes to CloudWatch Logs by a role whose trust names a source",
        byRole(serviceTrust("cloudtrail.amazonaws.com", "111122223333")),
      ],
    },
  },
});
