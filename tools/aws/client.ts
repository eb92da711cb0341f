import { fromIni } from "@aws-sdk/credential-provider-ini";
import { stackName } from "../../config/names";
import { runningSandbox } from "../../stacks/sandbox/running-sandbox";
import { CommandError } from "../command-error";

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
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (MISSING.includes(name)) {
    return new CommandError(
      `${what} is not there. Deploy it: npx cdktf deploy ${stackName(account.environment, "stage3")}`,
    );
  }
  const words = `${what} cannot be ${verb}: ${name}${message === "" ? "" : `: ${message}`}`;
  if (SIGNED_OUT.test(name)) {
    return new CommandError(
      `${words}. Sign in to account ${account.id} (\`aws sso login --profile <profile>\`, \`export AWS_PROFILE=<profile>\`)`,
    );
  }
  return new CommandError(words);
}
