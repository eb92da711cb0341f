import { Readable } from "node:stream";
import { isNativeError } from "node:util/types";
import { fromIni } from "@aws-sdk/credential-provider-ini";
import { stackName } from "../../config/names";
import { runningSandbox } from "../../stacks/sandbox/running-sandbox";
import { CommandError } from "../command-error";
import { deployCommand, isUnreached, reach, signIn, errorWords } from "../next-step";
import { within } from "../within";

/** The account of an environment. */
export interface AwsAccount {
  /** Name of the environment, which is also the sandbox's profile. */
  readonly environment: string;
  /** Twelve digits. */
  readonly id: string;
  /** Its region, for example `us-east-1`. */
  readonly region: string;
}

/** What a client is made with; whatever is left out is found as the AWS SDK finds it. */
export interface ClientSettings {
  /** The region that is asked. */
  readonly region: string;
  /** The address that is asked. @default - the service's own */
  readonly endpoint?: string;
  /** @default - as the environment says */
  readonly useFipsEndpoint?: boolean;
  /** @default - as the environment says */
  readonly useDualstackEndpoint?: boolean;
  /** @default - as the environment says */
  readonly credentials?: ReturnType<typeof fromIni>;
}

/**
 * What every client of an environment's account is made with. Credentials and endpoints are found as the AWS SDK does; in the sandbox
 * they are written out, so that nothing in the environment can lead elsewhere.
 * @throws SandboxDownError when the sandbox is named and does not run
 */
export function clientSettings({ environment, region }: AwsAccount, env: NodeJS.ProcessEnv): ClientSettings {
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
  };
}

/** How long a call may take, in milliseconds. */
export interface Limits {
  /** Until a connection stands. */
  readonly connect: number;
  /** Until an answer begins, and between two parts of it. */
  readonly silence: number;
  /** All of it: credentials, every attempt, and the answer to its end. */
  readonly whole: number;
}

/** An address that nobody answers must not hold a person up. */
const LIMITS: Limits = { connect: 5_000, silence: 15_000, whole: 40_000 };

/** A client of the AWS SDK, as far as it matters here. */
interface SdkClient {
  readonly config: { readonly serviceId: string };
  readonly send: (command: never, options: never) => unknown;
}

interface SdkCommand {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: Asked) => unknown) => (args: Asked) => unknown,
      options: { readonly step: "finalizeRequest"; readonly name: string; readonly override: true },
    ): void;
  };
}

/** A request on its way. */
interface Asked {
  readonly request: { readonly protocol: string; readonly hostname: string; readonly port?: number };
}

/**
 * Makes a client of which no call hangs: each ends within its limits, its answer read to its end, or throws what names the service, the
 * address and the time. The SDK's own limits end where an answer begins.
 */
export function awsClient<C extends SdkClient>(
  Client: { new (settings: ClientSettings & { readonly requestHandler: object }): C; readonly prototype: C },
  settings: ClientSettings,
  limits = LIMITS,
): C {
  const client = new Client({
    ...settings,
    requestHandler: {
      connectionTimeout: limits.connect,
      requestTimeout: limits.silence,
      throwOnRequestTimeout: true,
      socketTimeout: limits.silence,
    },
  });
  const send = async (command: SdkCommand): Promise<unknown> => {
    const began = performance.now();
    let address = "";
    command.middlewareStack.add(
      (next) => (args) => {
        const { protocol, hostname, port } = args.request;
        address = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
        return next(args);
      },
      { step: "finalizeRequest", name: "noteAddress", override: true },
    );
    const stop = new AbortController();
    const asked: unknown = Reflect.apply(Client.prototype.send, client, [command, { abortSignal: stop.signal }]);
    const answer = Promise.resolve(asked).then(readWhole);
    return within(limits.whole, answer, () => {
      stop.abort();
      return Object.assign(new Error(), { name: "TimeoutError" });
    }).catch((error: unknown) => {
      throw unanswered(error, { service: client.config.serviceId, address, milliseconds: performance.now() - began });
    });
  };
  return Object.assign(client, { send });
}

/** Reads what is still on its way of an answer. Nothing that is asked for here is too large for that. */
async function readWhole(answer: unknown): Promise<unknown> {
  const body = typeof answer === "object" && answer !== null && "Body" in answer ? answer.Body : undefined;
  if (!(body instanceof Readable)) return answer;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  const transformToString = (encoding: BufferEncoding = "utf8"): Promise<string> =>
    Promise.resolve(Buffer.concat(chunks).toString(encoding));
  Object.assign(body, { transformToString });
  return answer;
}

/** An error of a call that nobody answered to its end, with who was asked, where and for how long; any other as it is. */
function unanswered(
  error: unknown,
  {
    service,
    address,
    milliseconds,
  }: { readonly service: string; readonly address: string; readonly milliseconds: number },
): unknown {
  if (!isNativeError(error) || !isUnreached(error)) return error;
  const time = `within ${milliseconds < 10_000 ? (milliseconds / 1000).toFixed(1) : Math.round(milliseconds / 1000)} s`;
  const [words = ""] = errorWords(error).split("\n");
  if (address === "") {
    // Without a cause, which would say that nobody answered: signing in helps, unless words say so.
    const message = `no credentials for ${service} were found ${time}${error.message === "" ? "" : ` (${words})`}`;
    return Object.assign(new Error(message), { name: "CredentialsProviderError" });
  }
  const why = error.name === "TimeoutError" ? "" : ` (${words})`;
  const message = `no whole answer from ${service} at ${address} ${time}${why}`;
  return Object.assign(new Error(message, { cause: error }), { name: error.name });
}

const MISSING = ["ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];
const SIGNED_OUT =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken|ExpiredTokenException|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException)$/;

/** What AWS says to a request that was signed too long ago, or in the future. */
const WRONG_CLOCK = /RequestTimeTooSkewed|RequestExpired|RequestInTheFuture|Signature (expired|not yet current)/;

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
  if (error instanceof Error && WRONG_CLOCK.test(`${error.name} ${error.message}`)) {
    return ". The clock of this machine is wrong: set it, and repeat the command";
  }
  return error instanceof Error && SIGNED_OUT.test(error.name) ? `. ${signIn(accountId)}` : "";
}
