import { block, blocks, strings } from "../model";
import { resourceRule, type Rule } from "../rule";

/** What a feature can be told besides being on. RDS_LOGIN_EVENTS has RDS_DATA_RISK, a name that the provider does not take. */
const ADDITIONAL: Readonly<Record<string, readonly string[]>> = {
  EKS_RUNTIME_MONITORING: ["EKS_ADDON_MANAGEMENT"],
  RUNTIME_MONITORING: ["EC2_AGENT_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EKS_ADDON_MANAGEMENT"],
};

const types = ["aws_guardduty_detector_feature"];

/** Rules on GuardDuty. */
export const guarddutyRules: readonly Rule[] = [
  resourceRule({
    id: "GuardDutyFeatureNamesItsConfiguration",
    citation: "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DetectorFeatureConfigurationResult.html",
    fix: "name every additional_configuration of the feature, ENABLED or DISABLED: GuardDuty has what is left out, too",
    types,
    problem: ({ body }) => {
      const named = blocks(body, "additional_configuration").map(({ name }) => String(name));
      const missing = (ADDITIONAL[String(body["name"])] ?? []).filter((name) => !named.includes(name));
      return missing.length === 0 ? undefined : `leaves out the additional configuration ${missing.join(", ")}`;
    },
  }),
  resourceRule({
    id: "GuardDutyFeatureSettles",
    citation: "https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html",
    fix: "ignore changes of additional_configuration: GuardDuty gives back more than was set, in its own order, the provider compares by position, and every plan would replace the feature",
    types,
    problem: ({ body }) =>
      strings(block(body, "lifecycle")["ignore_changes"]).includes("additional_configuration")
        ? undefined
        : "does not ignore what GuardDuty gives back as additional configuration",
  }),
];
