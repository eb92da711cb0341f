import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { exercisesBucket, stackName } from "../../config/names";
import { awsClient, clientSettings, type AwsAccount } from "../aws/client";
import { s3Words } from "../aws/s3-fault";
import { CommandError } from "../command-error";
import { deployCommand } from "../next-step";

/** A text in the bucket, and the mark by which its next version is told from it. */
export interface Stored {
  /** The text. */
  readonly text: string;
  /** Its ETag. */
  readonly mark: string;
}

/** The bucket of what an environment's exercises show. */
export interface ExerciseStore {
  /** Where it is, as messages name it: `s3://<bucket>`. */
  readonly location: string;
  /** Reads a text; undefined where there is none. */
  read(key: string): Promise<Stored | undefined>;
  /** Writes a text or bytes. @param type - its MIME type */
  write(key: string, body: string | Uint8Array, type: string): Promise<void>;
  /**
   * Writes a text where nobody else has.
   * @param instead - mark of the version that it takes the place of. @default - of none: nothing may be there
   * @returns its mark; undefined when something else is there
   */
  claim(key: string, text: string, instead?: string): Promise<string | undefined>;
  /** Deletes a version, if it is still there. */
  release(key: string, mark: string): Promise<void>;
  /** Keys that begin so, sorted. */
  list(prefix: string): Promise<readonly string[]>;
}

/** Statuses of S3 for a condition that does not hold, or that another request settles at the same moment. */
const ELSE_IS_THERE = [404, 409, 412];

/**
 * The bucket, in S3: conditional requests settle who is first.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 */
export class S3ExerciseStore implements ExerciseStore {
  /** See {@link ExerciseStore.location}. */
  public readonly location: string;
  private readonly bucket: string;
  private readonly s3: S3Client;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.bucket = exercisesBucket(account.environment, account.id);
    this.location = `s3://${this.bucket}`;
    this.s3 = awsClient(S3Client, clientSettings(account, env));
  }

  /** See {@link ExerciseStore.read}. */
  public read(Key: string): Promise<Stored | undefined> {
    return this.ask("s3:GetObject", Key, async () => {
      try {
        const { Body, ETag = "" } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key }));
        return { text: (await Body?.transformToString()) ?? "", mark: ETag };
      } catch (error) {
        if (statusOf(error) === 404 && (error as Error).name !== "NoSuchBucket") return undefined;
        throw error;
      }
    });
  }

  /** See {@link ExerciseStore.write}. */
  public async write(Key: string, Body: string | Uint8Array, ContentType: string): Promise<void> {
    await this.ask("s3:PutObject", Key, () =>
      this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body, ContentType })),
    );
  }

  /** See {@link ExerciseStore.claim}. */
  public claim(Key: string, Body: string, instead?: string): Promise<string | undefined> {
    const condition = instead === undefined ? { IfNoneMatch: "*" } : { IfMatch: instead };
    return this.ask("s3:PutObject", Key, async () => {
      try {
        const put = new PutObjectCommand({
          Bucket: this.bucket,
          Key,
          Body,
          ContentType: "application/json",
          ...condition,
        });
        return (await this.s3.send(put)).ETag ?? "";
      } catch (error) {
        if (isConditional(error)) return undefined;
        throw error;
      }
    });
  }

  /** See {@link ExerciseStore.release}. */
  public async release(Key: string, mark: string): Promise<void> {
    await this.ask("s3:DeleteObject", Key, async () => {
      try {
        await this.s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key, IfMatch: mark }));
      } catch (error) {
        if (!isConditional(error)) throw error;
      }
    });
  }

  /** See {@link ExerciseStore.list}. */
  public async list(Prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.ask("s3:ListBucket", undefined, () =>
        this.s3.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix, ContinuationToken })),
      );
      keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return keys.sort();
  }

  private async ask<T>(right: string, key: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const call = { bucket: this.bucket, right, account: this.account, ...(key !== undefined && { key }) };
      const missing = error instanceof Error && error.name === "NoSuchBucket";
      const more = missing ? `. ${deployCommand(stackName(this.account.environment, "stage3"))} makes it` : "";
      throw new CommandError(`${this.location} cannot be used: ${await s3Words(error, call)}${more}`);
    }
  }
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

function isConditional(error: unknown): boolean {
  return ELSE_IS_THERE.includes(statusOf(error) ?? 0) && (error as Error).name !== "NoSuchBucket";
}
