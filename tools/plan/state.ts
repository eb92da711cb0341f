import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { GetObjectCommand, NoSuchBucket, NoSuchKey, S3Client } from "@aws-sdk/client-s3";
import { awsClient } from "../aws/client";
import { s3Words } from "../aws/s3-fault";
import { CommandError } from "../command-error";
import type { StateLock } from "./stack-plan";

/** A Terraform state, as far as it is read here. */
export interface TerraformState {
  /** Values of the outputs. @default - none */
  readonly outputs?: Readonly<Record<string, { readonly value: unknown }>>;
  /** What is there. @default - nothing */
  readonly resources?: readonly StateResource[];
}

/** A resource in a state. */
export interface StateResource {
  /** `managed` or `data`. */
  readonly mode: string;
  /** Its type. */
  readonly type: string;
  /** Its name within the type. */
  readonly name: string;
  /** Its provider: `provider["registry.terraform.io/hashicorp/kubernetes"].k8s`. */
  readonly provider: string;
}

/** Where a stack keeps its state, as its Terraform JSON says. */
export interface Backend {
  /** In a bucket. @default - it is not */
  readonly s3?: { readonly bucket: string; readonly key: string; readonly region: string };
  /** In a file. @default - it is not */
  readonly local?: { readonly path: string };
}

/** A stack's state at one moment. */
export interface StackState {
  /** What it holds. @default - the stack was never applied */
  readonly state?: TerraformState;
  /** Who changes it now. @default - nobody */
  readonly lock?: StateLock;
}

/** Reads states. */
export type ReadState = (backend: Backend) => Promise<StackState>;

/**
 * Reads a stack's state and its lock; takes no lock, and changes nothing.
 * @param accountId - the account that owns the bucket, for who is refused
 * @throws CommandError when it is there and cannot be read, with what helps
 */
export async function readStackState({ local, s3 }: Backend, accountId: string): Promise<StackState> {
  if (local !== undefined) {
    const { base, dir } = path.parse(local.path);
    const read = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
    return stackState(local.path, read(local.path), read(path.join(dir, `.${base}.lock.info`)));
  }
  if (s3 === undefined) throw new CommandError("the stack keeps its state neither in a bucket nor in a file");
  const { bucket, key, region } = s3;
  const client = awsClient(S3Client, { region });
  const read = async (object: string): Promise<string | undefined> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: object }));
    return Body?.transformToString();
  };
  const unreadable = async (error: unknown): Promise<undefined> => {
    // Nothing was ever applied: then all of it is new.
    if (error instanceof NoSuchKey || error instanceof NoSuchBucket) return undefined;
    const call = { bucket, key, account: { id: accountId, region }, right: "s3:GetObject" };
    throw new CommandError(`The state s3://${bucket}/${key} cannot be read: ${await s3Words(error, call)}.`);
  };
  // Terraform's name of the lock of a state in a bucket: https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
  const [state, lock] = await Promise.all([
    read(key).catch(unreadable),
    // It is there only while somebody works, and another environment's is nobody else's to read.
    read(`${key}.tflock`).catch(() => undefined),
  ]);
  return stackState(`s3://${bucket}/${key}`, state, lock);
}

function stackState(place: string, state: string | undefined, lock: string | undefined): StackState {
  // Terraform makes an empty file when it takes the lock of one that is not there.
  const text = state === "" ? undefined : state;
  try {
    return {
      state: text === undefined ? undefined : (JSON.parse(text) as TerraformState),
      lock: lock === undefined ? undefined : lockOf(lock),
    };
  } catch {
    throw new CommandError(
      `The state ${place} must be whole, and is cut or damaged: docs/recovery.md says what to do.`,
    );
  }
}

/** @see https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statemgr/locker.go */
function lockOf(text: string): StateLock | undefined {
  if (text.trim() === "") return undefined;
  const { Created = "", ID = "", Operation = "", Who = "" } = JSON.parse(text) as Readonly<Record<string, string>>;
  return { id: ID, who: Who, since: Created, operation: Operation };
}
