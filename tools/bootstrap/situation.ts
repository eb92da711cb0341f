import { ExplainedError } from "../../config/explained-error";

/** The real objects of a Terraform state: the id of each resource, by address. */
export type StateContents = Readonly<Record<string, string>>;

/** What was found before anything is done. */
export interface Observed {
  /** Whether the state bucket exists in the right account. */
  readonly bucketExists: boolean;
  /** The global stack's state in the bucket. @default - none */
  readonly remote?: StateContents;
  /** The copy that an earlier, interrupted run left on this machine; "broken" when it cannot be read. @default - none */
  readonly local?: StateContents | "broken";
  /** Whether an earlier run on this machine began to make the bucket. */
  readonly begun: boolean;
}

/** What is left to do: everything, only the check of a finished move, or nothing. */
export type Remaining = "everything" | "check" | "nothing";

/** Thrown when going on could lose state, with what to do instead. */
export class BootstrapError extends ExplainedError {}

/**
 * Decides what is left to do. Every point at which an earlier run can have stopped leads to one of the answers, and whatever
 * could lose state leads to an error.
 *
 * @param bucketName - for messages
 * @param localFile - for messages
 */
export function remaining(observed: Observed, bucketName: string, localFile: string): Remaining {
  const { bucketExists, remote, local, begun } = observed;
  if (remote === undefined) {
    if (bucketExists && local === undefined && !begun) {
      throw new BootstrapError(
        `The bucket ${bucketName} exists in this account, but holds no state of the global stack, and this machine has no ${localFile}.\n` +
          "Either an earlier run was interrupted on another machine: go on there.\n" +
          `Or the bucket is a leftover: \`aws s3 ls --recursive s3://${bucketName}/\` must show nothing, then \`aws s3 rb s3://${bucketName}\` and run this again.`,
      );
    }
    return "everything";
  }
  if (local === undefined) return begun ? "check" : "nothing";
  // What it named is in the other, or the check's plan is not empty.
  if (local === "broken") return "check";
  // Not by lineage: a backend that holds no state yet gives the first one written a new lineage.
  const lost = Object.keys(local).filter((address) => local[address] !== remote[address]);
  if (lost.length > 0) {
    throw new BootstrapError(
      `${localFile} names ${lost.join(", ")}, which the state in ${bucketName} does not know, or knows as another object: the bucket was made by another run, or somebody changed the local state after the move.\n` +
        `Find out which of the objects exist, import those that are missing (\`terraform import\` in cdktf.out/stacks/global), then delete the file and run this again.`,
    );
  }
  return "check";
}
