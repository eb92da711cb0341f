import { GuarddutyDetectorFeature } from "@cdktf/provider-aws/lib/guardduty-detector-feature";
import { guarddutyRules } from "../../../../../constructs/shared/policy/rules/guardduty";
import { testRules, type Build } from "./support";

const feature =
  (name: string, additional?: Readonly<Record<string, string>>, ignoreChanges?: string[]): Build =>
  (stack) =>
    new GuarddutyDetectorFeature(stack, "Bad", {
      detectorId: "detector",
      name,
      status: "ENABLED",
      additionalConfiguration:
        additional && Object.entries(additional).map(([entry, status]) => ({ name: entry, status })),
      lifecycle: ignoreChanges && { ignoreChanges },
    });

testRules(guarddutyRules, {
  GuardDutyFeatureNamesItsConfiguration: {
    accepts: {
      "all three, switched on or off": feature("RUNTIME_MONITORING", {
        EKS_ADDON_MANAGEMENT: "DISABLED",
        ECS_FARGATE_AGENT_MANAGEMENT: "DISABLED",
        EC2_AGENT_MANAGEMENT: "ENABLED",
      }),
      "the one of EKS": feature("EKS_RUNTIME_MONITORING", { EKS_ADDON_MANAGEMENT: "ENABLED" }),
      "a feature that has none": feature("S3_DATA_EVENTS"),
    },
    refuses: {
      "one of three": [
        "leaves out the additional configuration ECS_FARGATE_AGENT_MANAGEMENT, EKS_ADDON_MANAGEMENT",
        feature("RUNTIME_MONITORING", { EC2_AGENT_MANAGEMENT: "ENABLED" }),
      ],
      "none of one": [
        "leaves out the additional configuration EKS_ADDON_MANAGEMENT",
        feature("EKS_RUNTIME_MONITORING"),
      ],
    },
  },
  GuardDutyFeatureSettles: {
    accepts: {
      "what is given back, ignored": feature("RDS_LOGIN_EVENTS", undefined, ["additional_configuration"]),
    },
    refuses: {
      "nothing ignored": [
        "does not ignore what GuardDuty gives back as additional configuration",
        feature("RDS_LOGIN_EVENTS"),
      ],
      "something else ignored": [
        "does not ignore what GuardDuty gives back as additional configuration",
        feature("RDS_LOGIN_EVENTS", undefined, ["status"]),
      ],
    },
  },
});
