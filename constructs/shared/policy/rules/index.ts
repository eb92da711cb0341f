import type { Rule } from "../rule";
import { autoscalingRules } from "./autoscaling";
import { backupRules } from "./backup";
import { cloudtrailRules } from "./cloudtrail";
import { cloudwatchRules } from "./cloudwatch";
import { ec2Rules } from "./ec2";
import { efsRules } from "./efs";
import { elasticacheRules } from "./elasticache";
import { elbRules } from "./elb";
import { guarddutyRules } from "./guardduty";
import { iamRules } from "./iam";
import { keyAccessRules } from "./key-access";
import { kmsRules } from "./kms";
import { kubernetesRules } from "./kubernetes";
import { lambdaRules } from "./lambda";
import { messagingRules } from "./messaging";
import { rdsRules } from "./rds";
import { recommendedAlarmRules } from "./recommended-alarms";
import { s3Rules } from "./s3";
import { secretsRules } from "./secrets";
import { vpcRules } from "./vpc";
import { wafRules } from "./waf";

/** Every rule, in the order of the report. */
export const RULES: readonly Rule[] = [
  ...secretsRules,
  ...iamRules,
  ...kmsRules,
  ...keyAccessRules,
  ...s3Rules,
  ...rdsRules,
  ...backupRules,
  ...ec2Rules,
  ...autoscalingRules,
  ...elbRules,
  ...wafRules,
  ...vpcRules,
  ...efsRules,
  ...elasticacheRules,
  ...lambdaRules,
  ...kubernetesRules,
  ...messagingRules,
  ...cloudtrailRules,
  ...guarddutyRules,
  ...cloudwatchRules,
  ...recommendedAlarmRules,
];
