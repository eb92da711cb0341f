import type { Config } from "../../config/load";
import { endpointOf } from "../../stacks/sandbox/running-sandbox";
import type { SandboxPaths } from "../../stacks/sandbox/paths";
import { CommandError } from "../command-error";
import { writeWhole } from "../files";

/** An account of the emulator: a credentials profile named as its owner. */
export interface Account {
  /** `global` or the environment's name. */
  readonly profile: string;
  /** Twelve digits. */
  readonly id: string;
  /** Its region, for example `us-east-1`. */
  readonly region: string;
}

/** Keys that the emulator maps to an account. */
export interface Keys {
  /** Names the key. */
  readonly accessKeyId: string;
  /** Signs requests. */
  readonly secretAccessKey: string;
  /** Goes with the two. */
  readonly sessionToken: string;
}

/** The configuration's accounts. */
export function accountsOf({ global, environments }: Config): readonly Account[] {
  return [
    { profile: "global", ...global.account },
    ...environments.map(({ name, account }) => ({ profile: name, ...account })),
  ];
}

/** Gets keys for every account from the emulator and writes them as AWS profiles. */
export async function writeProfiles(
  paths: SandboxPaths,
  emulator: { readonly port: number },
  accounts: readonly Account[],
): Promise<void> {
  const keys = await Promise.all(accounts.map((account) => assumeRole(emulator, account)));
  writeWhole(paths.awsConfig(), awsConfig(accounts));
  writeWhole(paths.awsCredentials(), awsCredentials(accounts, keys), 0o600);
}

/** Text of the AWS configuration file. */
export function awsConfig(accounts: readonly Account[]): string {
  return accounts.map(({ profile, region }) => `[profile ${profile}]\nregion = ${region}\noutput = json\n`).join("\n");
}

/** Text of the AWS credentials file. */
export function awsCredentials(accounts: readonly Account[], keys: readonly Keys[]): string {
  return accounts
    .map(({ profile, id }, index) => {
      const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = keys[index] ?? {};
      return [
        `# The emulator's account ${id}; worth nothing outside.`,
        `[${profile}]`,
        `aws_access_key_id = ${accessKeyId}`,
        `aws_secret_access_key = ${secretAccessKey}`,
        `aws_session_token = ${sessionToken}`,
        "",
      ].join("\n");
    })
    .join("\n");
}

/** How long the emulator may take. */
const ANSWER_MS = 30_000;

/** The emulator keeps accounts apart by the role that handed out the keys. */
async function assumeRole(emulator: { readonly port: number }, { id, region }: Account): Promise<Keys> {
  const response = await fetch(endpointOf(emulator), {
    method: "POST",
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      // It reads the service from the signature's scope and does not check the signature.
      authorization: `AWS4-HMAC-SHA256 Credential=sandbox/20200101/${region}/sts/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({
      Action: "AssumeRole",
      Version: "2011-06-15",
      RoleArn: `arn:aws:iam::${id}:role/sandbox`,
      RoleSessionName: "sandbox",
    }).toString(),
  });
  const text = await response.text();
  const value = (tag: string): string => {
    const found = new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(text)?.[1];
    if (found === undefined) {
      throw new CommandError(`the emulator gave no ${tag} for account ${id}: HTTP ${response.status}, ${text}`);
    }
    return found;
  };
  return {
    accessKeyId: value("AccessKeyId"),
    secretAccessKey: value("SecretAccessKey"),
    sessionToken: value("SessionToken"),
  };
}
