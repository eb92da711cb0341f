import { readJson } from "../files";

interface StateFile {
  readonly resources?: readonly { readonly mode: string; readonly instances: readonly unknown[] }[];
}

/** Number of managed resources in a Terraform state file; none when it does not exist. */
export function resourcesIn(file: string): number {
  const { resources = [] } = (readJson(file) ?? {}) as StateFile;
  return resources.filter(({ mode }) => mode === "managed").reduce((sum, { instances }) => sum + instances.length, 0);
}
