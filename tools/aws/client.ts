import { fromIni } from "@aws-sdk/credential-provider-ini";
import { stackName } from "../../config/names";
import { runningSandbox } from "../../stacks/sandbox/running-sandbox";
import { CommandError } from "../command-error";
import { deployCommand, isUnreached, reach, signIn, errorWords } from "../next-step";

/** The account of an environment. */
export interface AwsAccount {
  /** Name of the environment, which is also the sandbox's profile. */
  readonly environment: string;
  readonly id: string;
  readonly region: string;
}

/**
 * What every client of an environment's account is made with. Credentials and endpoints are found as the AWS SDK does; in the sandbox
 * they are written out, so that nothing in the environment can lead elsewhere.
 * @throws SandboxDownError when the sandbox is named and does not run
 */
export function clientSettings({ environment, region }: AwsAccount, env: NodeJS.ProcessEnv) {
  const sandbox = runningSandbox(env);
  return {
    region,
    ...(sandbox === undefined
      ? {}
      : {
          endpoint: sandbox.endpoint,
          useFipsEndpoint: false,
          useDualstackEndpoint: false,
          // The sandbox has a profile for each account.
          credentials: fromIni({
            profile: environment,
            filepath: sandbox.paths.awsCredentials(),
            configFilepath: sandbox.paths.awsConfig(),
            ignoreCache: true,
          }),
        }),
    // A launch takes 30 s at most; an address that nobody answers must not hold a person up.
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
  };
}

const MISSING = ["ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];
const SIGNED_OUT =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken|ExpiredTokenException|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException)$/;

/** Says what could not be done with a thing in AWS, why, and what helps. */
export function awsFault(what: string, verb: string, error: unknown, account: AwsAccount): CommandError {
  const name = error instanceof Error ? error.name : "";
  if (MISSING.includes(name)) {
    return new CommandError(
      `${what} is not there. Deploy it: ${deployCommand(stackName(account.environment, "stage3"))}`,
    );
  }
  return new CommandError(`${what} cannot be ${verb}: ${errorWords(error)}${adviceOn(error, account.id)}`);
}

/** What helps against an error of AWS, as a sentence that follows its words; empty when nobody can tell. */
export function adviceOn(error: unknown, accountId: string): string {
  if (isUnreached(error)) return `. ${reach()}`;
  return error instanceof Error && SIGNED_OUT.test(error.name) ? `. ${signIn(accountId)}` : "";
}
