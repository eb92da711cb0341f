import { taggedReference, type ImageLock, type PublicImage } from "../../config/images";
import { lookUpDigests, type LookedUp } from "../digest-lock";

/** Who gives the digest of a tag. */
export interface DigestSource {
  /** The digest that an image's tag has now. */
  digest(image: PublicImage): Promise<string>;
}

/**
 * Looks up each image.
 * @param lock - the lock as it is
 * @param today - the day
 */
export function lookUp(
  images: readonly PublicImage[],
  lock: ImageLock,
  source: DigestSource,
  today: string,
): Promise<readonly LookedUp[]> {
  const asking = images.map((one) => [taggedReference(one), () => source.digest(one)] as const);
  return lookUpDigests(Object.fromEntries(asking), lock, today);
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
  return results.map(({ before, name: image, problem }) => {
    const locked = lock[image];
    if (locked === undefined) return { image, state: "not locked", problem };
    const state = problem !== undefined ? "not asked" : before === undefined ? "locked" : "moved";
    return { image, ...locked, state, problem };
  });
}
