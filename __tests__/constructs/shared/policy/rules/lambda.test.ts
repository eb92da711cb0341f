import { LambdaFunction, type LambdaFunctionConfig } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionUrl } from "@cdktf/provider-aws/lib/lambda-function-url";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { lambdaRules } from "../../../../../constructs/shared/policy/rules/lambda";
import { testRules, type Build } from "./support";

const lambda =
  (changes: Partial<LambdaFunctionConfig> = {}): Build =>
  (stack) =>
    new LambdaFunction(stack, "Bad", {
      functionName: "f",
      role: "arn",
      reservedConcurrentExecutions: 1,
      deadLetterConfig: { targetArn: "arn" },
      vpcConfig: { subnetIds: ["subnet"], securityGroupIds: ["sg"] },
      ...changes,
    });
const good = { "a careful function": lambda() };
const invoke = { action: "lambda:InvokeFunction", functionName: "f" };

testRules(lambdaRules, {
  LambdaConcurrency: {
    accepts: good,
    refuses: {
      "no limit": ["has no limit on concurrent executions", lambda({ reservedConcurrentExecutions: undefined })],
      "the unlimited value": ["has no limit on concurrent executions", lambda({ reservedConcurrentExecutions: -1 })],
    },
  },
  LambdaLogLevelsNamed: {
    accepts: {
      ...good,
      "text, which has no levels": lambda({ publish: true, loggingConfig: { logFormat: "Text" } }),
      "JSON of a function without versions": lambda({ loggingConfig: { logFormat: "JSON" } }),
      "named levels": lambda({
        publish: true,
        loggingConfig: { logFormat: "JSON", applicationLogLevel: "INFO", systemLogLevel: "INFO" },
      }),
    },
    refuses: {
      "one level of two": [
        "publishes a version in every plan, as its logs are JSON without levels",
        lambda({ publish: true, loggingConfig: { logFormat: "JSON", applicationLogLevel: "INFO" } }),
      ],
    },
  },
  LambdaDLQ: {
    accepts: good,
    refuses: { "no queue": ["has no dead-letter queue", lambda({ deadLetterConfig: undefined })] },
  },
  LambdaInsideVPC: {
    accepts: {
      ...good,
      "subnets of another stack": lambda({
        vpcConfig: { subnetIds: ["${data.terraform_remote_state.s.outputs.core.node}"], securityGroupIds: [] },
      }),
    },
    refuses: { "no subnets": ["does not run inside the VPC", lambda({ vpcConfig: undefined })] },
  },
  LambdaFunctionPublicAccessProhibited: {
    accepts: {
      "a service": (stack) => new LambdaPermission(stack, "P", { ...invoke, principal: "events.amazonaws.com" }),
      "an organization": (stack) =>
        new LambdaPermission(stack, "P", { ...invoke, principal: "*", principalOrgId: "o-1" }),
      "a signed address": (stack) =>
        new LambdaFunctionUrl(stack, "U", { functionName: "f", authorizationType: "AWS_IAM" }),
    },
    refuses: {
      everyone: [
        "lets anyone invoke the function",
        (stack) => new LambdaPermission(stack, "Bad", { ...invoke, principal: "*" }),
      ],
      "an open address": [
        "lets anyone invoke the function",
        (stack) => new LambdaFunctionUrl(stack, "Bad", { functionName: "f", authorizationType: "NONE" }),
      ],
    },
  },
});
