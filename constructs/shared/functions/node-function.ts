import type { LambdaFunctionConfig } from "@cdktf/provider-aws/lib/lambda-function";
import type { LogGroup } from "../observability/log-group";

/** The code of a function, as `lambdas/bundle.ts` makes it. */
export interface NodeFunctionCode {
  /** SHA-256 of the archive in Base64. */
  readonly hash: string;
  /** Entry point, `<file>.<function>`. */
  readonly handler: string;
}

/** What the functions of the program are alike in: what runs them, how much they get, and how they are watched. */
export function nodeFunction({ handler, hash }: NodeFunctionCode, logGroup: LogGroup) {
  return {
    runtime: "nodejs22.x",
    architectures: ["arm64"],
    handler,
    sourceCodeHash: hash,
    // The floor below which calls take three times as long; more makes them no faster.
    memorySize: 256,
    reservedConcurrentExecutions: 1,
    tracingConfig: { mode: "Active" },
    loggingConfig: {
      logFormat: "JSON",
      applicationLogLevel: "INFO",
      systemLogLevel: "INFO",
      logGroup: logGroup.logGroupName,
    },
  } satisfies Partial<LambdaFunctionConfig>;
}
