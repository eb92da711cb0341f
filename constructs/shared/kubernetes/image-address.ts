import type { Construct } from "../cdktf";
import { PropsError } from "../props-error";

/**
 * Address of an image by digest.
 *
 * @param scope - what runs the image
 * @param urls - address of each repository, by name
 * @param image - `<repository>@sha256:<digest>`
 * @throws PropsError when the registry has no such repository
 */
export function imageAddress(scope: Construct, urls: Readonly<Record<string, string>>, image: string): string {
  const [repository = "", digest = ""] = image.split("@");
  const url = urls[repository];
  if (url === undefined) {
    throw new PropsError(scope, [
      `image must come from a repository of the registry (${Object.keys(urls).join(", ")}), got "${image}"`,
    ]);
  }
  return `${url}@${digest}`;
}
