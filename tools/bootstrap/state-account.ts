import { GetObjectCommand, HeadBucketCommand, NoSuchKey, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { isUnreached, reach, signIn, errorWords } from "../next-step";
import { BootstrapError, type StateContents } from "./situation";

/** Reads what the bootstrap must know of the account that owns the state bucket. It changes nothing. */
export class StateAccount {
  private readonly s3: S3Client;
  private readonly sts: STSClient;

  /** @param account - account and region that the bucket belongs to */
  public constructor(private readonly account: { readonly id: string; readonly region: string }) {
    const { region } = account;
    this.s3 = new S3Client({ region });
    this.sts = new STSClient({ region });
  }

  /**
   * Checks that the credentials belong to the account.
   * @returns the ARN of who is signed in
   * @throws BootstrapError when nobody is, or in another account
   */
  public async assertSignedIn(): Promise<string> {
    const { Account: id, Arn: arn = "" } = await this.sts
      .send(new GetCallerIdentityCommand({}))
      .catch((error: unknown) => this.notSignedIn(error));
    if (id !== this.account.id) {
      throw new BootstrapError(
        `The credentials belong to account ${id ?? "unknown"} (${arn}), but config/global.ts says account.id ${this.account.id}.\n` +
          `${signIn(this.account.id)} and run this again.`,
      );
    }
    return arn;
  }

  private notSignedIn(error: unknown): never {
    const help = isUnreached(error) ? reach() : `${signIn(this.account.id)} and run this again`;
    throw new BootstrapError(`Cannot find out which account you are signed in to: ${errorWords(error)}.\n${help}.`);
  }

  /**
   * Whether the bucket exists in the account.
   * @throws BootstrapError when the name belongs to somebody else, or the bucket stands in another region
   */
  public async hasBucket(bucket: string): Promise<boolean> {
    const { id, region } = this.account;
    try {
      await this.s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: id }));
      return true;
    } catch (error) {
      if (isUnreached(error))
        throw new BootstrapError(`Cannot look at the bucket ${bucket}: ${errorWords(error)}. ${reach()}`);
      if (!(error instanceof S3ServiceException)) throw error;
      const status = error.$metadata.httpStatusCode;
      if (status === 404) return false;
      throw new BootstrapError(
        status === 403
          ? `The bucket name ${bucket} is taken by another account, or you may not look at it (HTTP 403). Choose another name in config/global.ts, buckets.terraformState, or sign in with more rights.`
          : status === 301
            ? `The bucket ${bucket} stands in another region than ${region}, which config/global.ts names (HTTP 301).`
            : `Cannot look at the bucket ${bucket}: ${error.name}: ${error.message}`,
      );
    }
  }

  /** What a state in the bucket knows; undefined when there is no state. */
  public async state(bucket: string, key: string): Promise<StateContents | undefined> {
    try {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return stateContents((await Body?.transformToString()) ?? "", `s3://${bucket}/${key}`);
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }
}

interface StateFile {
  readonly version?: number;
  readonly resources?: readonly {
    readonly mode: string;
    readonly module?: string;
    readonly type: string;
    readonly name: string;
    readonly instances: readonly {
      readonly index_key?: string | number;
      readonly attributes?: { readonly id?: string };
    }[];
  }[];
}

/**
 * Reads the real objects out of a state file.
 * @see https://developer.hashicorp.com/terraform/language/state
 * @throws BootstrapError when it is not a state file of version 4
 */
export function stateContents(text: string, where: string): StateContents {
  let file: StateFile = {};
  try {
    file = JSON.parse(text) as StateFile;
  } catch {
    // Told below: what is not JSON has no version either.
  }
  if (file.version !== 4 || file.resources === undefined) {
    throw new BootstrapError(
      `${where} must be a Terraform state of version 4, got ${text.length} characters of version ${file.version ?? "unknown"}`,
    );
  }
  return Object.fromEntries(
    file.resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ module, type, name, instances }) =>
        instances.map(({ index_key: key, attributes }) => [
          `${module === undefined ? "" : `${module}.`}${type}.${name}${key === undefined ? "" : `[${JSON.stringify(key)}]`}`,
          attributes?.id ?? "",
        ]),
      ),
  );
}
