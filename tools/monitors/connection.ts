import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";
import { monitorsFunction, stackName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { Answer } from "../../lambdas/behavior-monitor/handler";
import { CallerIdentity, type Identity } from "../aws/caller";
import { awsClient, awsFault, clientSettings, type AwsAccount, type Limits } from "../aws/client";
import { CommandError } from "../command-error";
import { diffCommand } from "../next-step";

/** What the commands reach of an environment. */
export interface MonitorsConnection {
  /** The environment's account. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** Has the function run a monitor, and waits for what it says. */
  run(monitor: string): Promise<Answer>;
}

const answerForm = z.union([
  z.object({ monitor: z.string(), values: z.record(z.string(), z.number()), unlisted: z.number() }),
  z.object({ monitor: z.string(), fault: z.string(), why: z.string() }),
]);

/** A run takes a minute at most, and answers at its end. */
const RUN_LIMITS: Limits = { connect: 5_000, silence: 65_000, whole: 90_000 };

/** The environment's account. Nothing is called until it is needed. */
export function connect(
  { account: { id, region }, name }: EnvironmentConfig,
  env: NodeJS.ProcessEnv,
): MonitorsConnection {
  const account = { environment: name, id, region };
  const lambda = awsClient(LambdaClient, clientSettings(account, env), RUN_LIMITS);
  const functionName = monitorsFunction(name);
  return {
    account,
    identity: new CallerIdentity(account, env),
    run: async (monitor) => {
      const { FunctionError, Payload } = await lambda
        .send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify({ monitor })) }))
        .catch((error: unknown) => {
          throw awsFault(`The function ${functionName}`, "invoked", error, account);
        });
      const text = Buffer.from(Payload ?? []).toString("utf8");
      const answer = answerForm.safeParse(FunctionError === undefined ? jsonOf(text) : undefined);
      if (answer.success) return answer.data;
      throw new CommandError(
        `The function ${functionName} answered what no monitor does: ${text.slice(0, 200)}. ` +
          `See what was deployed: ${diffCommand(stackName(name, "stage3"))}`,
      );
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
