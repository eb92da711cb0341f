import { RefusedError } from "../../config/explained-error";
import { ask } from "../ask";
import { signIn } from "../next-step";

/** An account that is asked, and never changed. */
export interface Account {
  /** Twelve digits. */
  readonly id: string;
  /** Region of its stacks. */
  readonly region: string;
  /**
   * What AWS answers to a call that reads.
   *
   * @param words - service and operation of the AWS CLI with its arguments, for example `["iam", "list-roles"]`
   * @param region - where it is asked
   * @returns undefined when AWS says that there is no such thing
   * @throws UnansweredError when it does not answer, or may not
   */
  ask(words: readonly string[], region?: string): Promise<unknown>;
}

/** A question that AWS did not answer. */
export class UnansweredError extends Error {
  /**
   * @param question - the call
   * @param reason - what was said instead
   */
  public constructor(
    public readonly question: string,
    public readonly reason: string,
  ) {
    super(`${question}: ${reason}`);
  }
}

/** How AWS says that there is nothing: what is not enabled in an account counts, too. */
const NOTHING =
  /\((NoSuchEntity|NoSuchEntityException|NoSuchBucket|NoSuchKey|NoSuchResourceException|NotFound|404|ResourceNotFoundException|InvalidAccessException|NoSuchConfigurationRecorderException|NoSuchDeliveryChannelException)\)|not subscribed|Macie is not enabled/;
const SIGNED_OUT =
  /ExpiredToken|InvalidClientTokenId|Unable to locate credentials|SSO session|Token has expired|could not be found/;

/** One call of the AWS CLI on a slow line. */
const CALL_MS = 90_000;

interface Credentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
}

/** The account that the AWS CLI is signed in to. It is asked in JSON, page after page. */
export class CliAccount implements Account {
  public constructor(
    public readonly id: string,
    public readonly region: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * Checks that the credentials belong to the account.
   * @throws RefusedError when they do not, or when there is no AWS CLI
   */
  public async assertSignedIn(file: string): Promise<void> {
    const identity = await this.ask(["sts", "get-caller-identity"]).catch((error: unknown) => {
      if (error instanceof UnansweredError && SIGNED_OUT.test(error.reason)) {
        throw new RefusedError(`Nobody is signed in: ${error.reason}. ${signIn(this.id)}`);
      }
      throw error;
    });
    const { Account: found = "", Arn: arn = "" } = identity as { readonly Account?: string; readonly Arn?: string };
    if (found === this.id) return;
    throw new RefusedError(
      `The credentials belong to account ${found} (${arn}), but ${file} says account.id ${this.id}. Nothing was asked. ${signIn(this.id)}`,
    );
  }

  /**
   * Another account, asked as a role that this one's person takes on there.
   * @param roleArn - the role
   * @param region - where its stacks are
   * @throws UnansweredError when the person may not take it on
   */
  public async inRole(roleArn: string, region: string): Promise<CliAccount> {
    const words = ["sts", "assume-role", "--role-arn", roleArn, "--role-session-name", "adopt"];
    const { Credentials: key } = ((await this.ask(words)) ?? {}) as { readonly Credentials?: Credentials };
    if (key === undefined) throw new UnansweredError(`aws ${words.join(" ")}`, "no credentials");
    return new CliAccount(roleArn.split(":")[4] ?? "", region, {
      ...this.env,
      // A profile would be preferred to the keys.
      AWS_PROFILE: undefined,
      AWS_ACCESS_KEY_ID: key.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: key.SecretAccessKey,
      AWS_SESSION_TOKEN: key.SessionToken,
    });
  }

  /** See {@link Account.ask}. */
  public async ask(words: readonly string[], region = this.region): Promise<unknown> {
    // The CLI's commands of RDS look for the address nowhere else.
    const { AWS_ENDPOINT_URL: endpoint = "" } = this.env;
    const at = endpoint === "" ? [] : ["--endpoint-url", endpoint];
    const answer = await ask("aws", [...words, "--region", region, "--output", "json", ...at], {
      env: { ...this.env, AWS_PAGER: "" },
      limit: CALL_MS,
    });
    if (answer.exitCode === 0) return answer.stdout.trim() === "" ? {} : (JSON.parse(answer.stdout) as unknown);
    if (answer.notStarted !== undefined) {
      throw new RefusedError(
        "aws must be on the PATH, got nothing. Install it: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
      );
    }
    if (NOTHING.test(answer.stderr)) return undefined;
    throw new UnansweredError(`aws ${words.join(" ")}`, answer.stderr.trim().split("\n").at(-1) ?? "no answer");
  }
}

/** The same account, asked each question once. */
export function asking(account: Account): Account {
  const answers = new Map<string, Promise<unknown>>();
  const ask = (words: readonly string[], region = account.region): Promise<unknown> => {
    const question = [region, ...words].join(" ");
    const answer = answers.get(question) ?? account.ask(words, region);
    answers.set(question, answer);
    return answer;
  };
  return { id: account.id, region: account.region, ask };
}
