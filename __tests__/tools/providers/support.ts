/** A lock file as Terraform writes it, of HashiCorp's providers. */
export function lockFile(versions: Readonly<Record<string, string>>): string {
  return [
    '# This file is maintained automatically by "terraform init".',
    "# Manual edits may be lost in future updates.",
    ...Object.entries(versions).map(
      ([name, version]) => `
provider "registry.terraform.io/hashicorp/${name}" {
  version     = "${version}"
  constraints = "${version}"
  hashes = [
    "h1:edXOJWE4ORX8Fm+dpVpICzMZJat4AX0VRCAy/xkcOc0=",
    "zh:${"0".repeat(64)}",
  ]
}`,
    ),
    "",
  ].join("\n");
}
