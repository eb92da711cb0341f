/** A construct id from names with hyphens or slashes, for example `ControlPlaneUsEast1a`. Ids are Terraform addresses: changing this moves them. */
export function constructId(...names: readonly string[]): string {
  return names
    .flatMap((name) => name.split(/[-/]/))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
