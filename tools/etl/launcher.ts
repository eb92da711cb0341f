import { InvokeCommand, LambdaClient, TooManyRequestsException } from "@aws-sdk/client-lambda";
import { z } from "zod";
import { stackName } from "../../config/names";
import type { LaunchEvent } from "../../lambdas/etl-launcher/event";
import type { LaunchResult } from "../../lambdas/etl-launcher/launch";
import { awsClient, awsFault, clientSettings, type AwsAccount, type Limits } from "../aws/client";
import { CommandError } from "../command-error";
import { diffCommand } from "../next-step";

/** What a launcher answered: how the launch ended, or why it failed. */
export type Answer =
  { readonly result: LaunchResult } | { readonly failure: { readonly reason: string; readonly message: string } };

/** The ETLs' launchers. */
export interface Launchers {
  /** @throws CommandError when the function cannot be asked, or is not there */
  invoke(functionName: string, event: LaunchEvent): Promise<Answer>;
}

const resultSchema = z.object({
  outcome: z.enum(["Launched", "Skipped", "Duplicate"]),
  job: z.string(),
  slot: z.string(),
  running: z.string().optional(),
});

/** What Lambda makes of a thrown error. */
const failureSchema = z.object({ errorType: z.string().default("Unknown"), errorMessage: z.string().default("") });

/** A launch takes 30 s at most, and answers at its end. */
const LAUNCH_LIMITS: Limits = { connect: 5_000, silence: 35_000, whole: 60_000 };

/** The launchers in Lambda. */
export class LambdaLaunchers implements Launchers {
  private readonly lambda: LambdaClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.lambda = awsClient(LambdaClient, clientSettings(account, env), LAUNCH_LIMITS);
  }

  /** See {@link Launchers.invoke}. */
  public async invoke(functionName: string, event: LaunchEvent): Promise<Answer> {
    const { FunctionError, Payload } = await this.lambda
      .send(
        new InvokeCommand({
          FunctionName: functionName,
          // Answers at once, and Lambda neither repeats it nor puts it into a queue: a person does.
          InvocationType: "RequestResponse",
          Qualifier: "live",
          Payload: Buffer.from(JSON.stringify(event)),
        }),
      )
      .catch((error: unknown) => {
        if (error instanceof TooManyRequestsException) {
          throw new CommandError(
            `The function ${functionName} works on one event at a time, and is busy. Repeat the command in a moment`,
          );
        }
        throw awsFault(`The function ${functionName}:live`, "invoked", error, this.account);
      });
    const text = Buffer.from(Payload ?? []).toString("utf8");
    const answer = jsonOf(text);
    const failure = failureSchema.safeParse(answer);
    if (FunctionError !== undefined && failure.success) {
      return { failure: { reason: failure.data.errorType, message: failure.data.errorMessage } };
    }
    const result = resultSchema.safeParse(answer);
    if (FunctionError === undefined && result.success) return { result: result.data };
    throw new CommandError(
      `The function ${functionName}:live answered what no launcher answers: ${text.slice(0, 200)}. ` +
        `See what was deployed: ${diffCommand(stackName(this.account.environment, "stage3"))}`,
    );
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
