import { lockFile, PUBLIC_IMAGES, taggedReference, type ImageLock, type PublicImage } from "./images";

/** How an image that runs stands to the list and to the lock. */
export type ImageStanding =
  /** It runs by the digest that the lock has, or it is one of ours by its digest. */
  | "by digest"
  /** It is listed, and the lock has no digest yet. */
  | "not locked"
  /** The lock has a digest, and it runs by another or by its tag. */
  | "digest not used"
  /** `config/images.ts` does not know it. */
  | "not listed";

/** Docker's own names for its registry: what has no host comes from there. */
export function withHost(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  if (rest.length > 0 && /[.:]|^localhost$/.test(first)) return reference;
  return rest.length === 0 ? `docker.io/library/${reference}` : `docker.io/${reference}`;
}

/**
 * How an image stands.
 * @param reference - as a pod names it
 * @param lock - the digests @default - those of the lock file
 * @param images - the listed images @default - the project's
 */
export function imageStanding(
  reference: string,
  lock: ImageLock = lockFile(),
  images: readonly PublicImage[] = Object.values(PUBLIC_IMAGES),
): ImageStanding {
  const [tagged = "", digest] = withHost(reference).split("@");
  const listed = images.map(taggedReference).find((one) => withHost(one) === tagged);
  if (listed === undefined) return /\.dkr\.ecr\..*@sha256:[0-9a-f]{64}$/.test(reference) ? "by digest" : "not listed";
  const locked = lock[listed]?.digest;
  if (locked === undefined) return digest === undefined ? "not locked" : "digest not used";
  return locked === digest ? "by digest" : "digest not used";
}
