/**
 * Address of an image by digest.
 *
 * @param urls - address of each repository, by name
 * @param image - `<repository>@sha256:<digest>`
 * @throws Error when the registry has no such repository
 */
export function imageAddress(urls: Readonly<Record<string, string>>, image: string): string {
  const [repository = "", digest = ""] = image.split("@");
  const url = urls[repository];
  if (url === undefined) {
    throw new Error(
      `image must come from a repository of the registry (${Object.keys(urls).join(", ")}), got "${image}"`,
    );
  }
  return `${url}@${digest}`;
}
