import {
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  NoSuchKey,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { awsClient } from "../aws/client";
import { isUnreached, reach, signIn, errorWords } from "../next-step";
import { s3Words, type S3Call } from "../aws/s3-fault";
import { BootstrapError, type StateContents } from "./situation";

/** Reads what the bootstrap must know of the account that owns the state bucket. It changes nothing. */
export class StateAccount {
  private readonly s3: S3Client;
  private readonly sts: STSClient;

  /** @param account - account and region that the bucket belongs to */
  public constructor(private readonly account: { readonly id: string; readonly region: string }) {
    const { region } = account;
    this.s3 = awsClient(S3Client, { region });
    this.sts = awsClient(STSClient, { region });
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
   * @throws BootstrapError when the name belongs to somebody else, the bucket stands in another region, or nobody can tell
   */
  public async hasBucket(bucket: string): Promise<boolean> {
    try {
      await this.s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: this.account.id }));
      return true;
    } catch (error) {
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status === 404) return false;
      const owned = status === 403 ? await this.ownsBucket(bucket) : true;
      if (owned === false) {
        throw new BootstrapError(
          `The bucket ${bucket} belongs to another account than ${this.account.id}: names of buckets are unique in the world. ` +
            "Choose another name in config/global.ts, buckets.terraformState.",
        );
      }
      const words = await s3Words(error, this.call("s3:ListBucket", bucket));
      throw new BootstrapError(
        `Cannot look at the bucket ${bucket}: ${words}.` +
          (owned === undefined
            ? `\nOr it belongs to another account, which cannot be told without s3:ListAllMyBuckets: then choose another name in config/global.ts, buckets.terraformState.`
            : status === 403
              ? `\nIt belongs to account ${this.account.id}.`
              : ""),
      );
    }
  }

  /** Whether the account's own list names the bucket; undefined when the list may not be seen. */
  private async ownsBucket(bucket: string): Promise<boolean | undefined> {
    try {
      const { Buckets = [] } = await this.s3.send(new ListBucketsCommand({ Prefix: bucket }));
      return Buckets.some(({ Name }) => Name === bucket);
    } catch {
      return undefined;
    }
  }

  /**
   * What a state in the bucket knows; undefined when there is no state.
   * @throws BootstrapError when it cannot be read, with what is missing
   */
  public async state(bucket: string, key: string): Promise<StateContents | undefined> {
    try {
      const { Body } = await this.s3.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: this.account.id }),
      );
      return stateContents((await Body?.transformToString()) ?? "", `s3://${bucket}/${key}`);
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      if (error instanceof BootstrapError) throw error;
      const words = await s3Words(error, this.call("s3:GetObject", bucket, key));
      throw new BootstrapError(`Cannot read s3://${bucket}/${key}: ${words}. Nothing was changed.`);
    }
  }

  private call(right: string, bucket: string, key?: string): S3Call {
    return { bucket, key, right, account: this.account };
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
