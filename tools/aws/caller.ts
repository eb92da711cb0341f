import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { RefusedError } from "../../config/explained-error";
import { configFile } from "../../config/names";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "./client";
import { signIn } from "../next-step";

/** Tells whose credentials are in use. */
export interface Identity {
  /** The account and who is signed in. */
  who(): Promise<{ readonly accountId: string; readonly arn: string }>;
}

/** Asks AWS itself. */
export class CallerIdentity implements Identity {
  private readonly sts: STSClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.sts = awsClient(STSClient, clientSettings(account, env));
  }

  /**
   * Asks for the account and the ARN.
   * @throws CommandError with what helps, when nobody is signed in or nobody answers
   */
  public async who(): Promise<{ accountId: string; arn: string }> {
    const { Account: accountId = "", Arn: arn = "" } = await this.sts
      .send(new GetCallerIdentityCommand({}))
      .catch((error: unknown) => {
        throw awsFault("The account that you are signed in to", "found out", error, this.account);
      });
    return { accountId, arn };
  }
}

/**
 * Checks that the credentials belong to the environment's account.
 * @throws RefusedError when they do not
 */
export async function assertAccount(identity: Identity, { environment, id }: AwsAccount): Promise<void> {
  const { accountId, arn } = await identity.who();
  if (accountId === id) return;
  throw new RefusedError(
    `The credentials belong to account ${accountId} (${arn}), but ${configFile(environment)} says account.id ${id}. ` +
      `Nothing was changed. ${signIn(id)}`,
  );
}
