import { lockText, taggedReference, type ImageLock, type LockedImage, type PublicImage } from "../../config/images";
import { CommandError } from "../command-error";

/** Who gives the digest of a tag. */
export interface DigestSource {
  /** The digest that an image's tag has now. */
  digest(image: PublicImage): Promise<string>;
}

/** What became of an image. */
export interface LockResult {
  /** `<registry>/<repository>:<tag>`. */
  readonly image: string;
  /** What the lock says now. @default - nothing: it was not to be had */
  readonly locked?: LockedImage;
  /** Digest that the lock had before, where it was another: the tag has moved. @default - it had none, or the same */
  readonly before?: string;
  /** Why it was not to be had. @default - it was */
  readonly problem?: string;
}

/**
 * Looks up each image. What is not to be had keeps what the lock had; what is not listed any more leaves it.
 * @param lock - the lock as it is
 * @param today - the day
 */
export async function lookUp(
  images: readonly PublicImage[],
  lock: ImageLock,
  source: DigestSource,
  today: string,
): Promise<readonly LockResult[]> {
  return Promise.all(
    images.map(async (one): Promise<LockResult> => {
      const image = taggedReference(one);
      const before = lock[image];
      try {
        const digest = await source.digest(one);
        const locked = before?.digest === digest ? before : { digest, lockedOn: today };
        return { image, locked, ...(before !== undefined && before.digest !== digest && { before: before.digest }) };
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        return { image, locked: before, problem: error.message };
      }
    }),
  );
}

/** The text of the lock file that holds what was looked up. */
export function lockOf(results: readonly LockResult[]): string {
  return lockText(Object.fromEntries(results.flatMap(({ image, locked }) => (locked ? [[image, locked]] : []))));
}

/** How a public image stands. */
export interface PublicImageState {
  /** `<registry>/<repository>:<tag>`. */
  readonly image: string;
  /** Its digest. @default - it is not locked */
  readonly digest?: string;
  /** Day on which it was locked. @default - it is not */
  readonly lockedOn?: string;
  /** Whether its tag is still that image. */
  readonly state: "locked" | "moved" | "not locked" | "not asked";
  /** Why its registry was not asked, or did not answer. @default - it answered */
  readonly problem?: string;
}

/** How each public image stands to its registry now. */
export async function publicStates(
  images: readonly PublicImage[],
  lock: ImageLock,
  source: DigestSource,
): Promise<readonly PublicImageState[]> {
  const results = await lookUp(images, lock, source, "");
  return results.map(({ before, image, problem }) => {
    const locked = lock[image];
    if (locked === undefined) return { image, state: "not locked", problem };
    const state = problem !== undefined ? "not asked" : before === undefined ? "locked" : "moved";
    return { image, ...locked, state, problem };
  });
}
