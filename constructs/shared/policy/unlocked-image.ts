import { imageParts, type PublicImageName } from "../../../config/images";
import type { Construct } from "../cdktf";
import { acknowledge } from "./acknowledge";

/**
 * Accepts that pods of ours run a public image by its tag, for as long as the lock has no digest of it: it needs a network once.
 * @param scope - what declares the pods
 * @param name - the image
 */
export function acknowledgeUnlockedImage(scope: Construct, name: PublicImageName): void {
  const { digest, reference } = imageParts(name);
  if (digest !== undefined) return;
  acknowledge(
    scope,
    "KubernetesImageByDigest",
    `${reference} is public and its digest is not in config/images.lock.json yet: npx opsdx images lock, where its registry is reached, and the tag gets its digest here.`,
  );
}
