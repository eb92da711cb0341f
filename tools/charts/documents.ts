import { parse, type ScalarTag, type Tags } from "yaml";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { CommandError } from "../command-error";

/** One document that Helm renders. */
export interface Document {
  /** What it is of, whatever becomes of its content: `<kind>/<name>`, as far as it says so. */
  readonly source: string;
  /** Its text. */
  readonly text: string;
}

/** The documents of a rendering, in its order. */
export function documentsOf(rendering: string): readonly Document[] {
  return rendering
    .split(/^---[ \t]*$/m)
    .filter((text) => /^[^\s#]/m.test(text))
    .map((text) => ({ source: `${field(text, /^kind: *(.*)$/m)}/${field(text, /^ {2}name: *(.*)$/m)}`, text }));
}

const field = (text: string, pattern: RegExp): string => (pattern.exec(text)?.[1] ?? "").replace(/^["']|["']$/g, "");

const parsed = new Map<string, readonly KubernetesObject[]>();

/**
 * The objects of a rendering; those of a list one by one.
 * @throws CommandError when a document is no YAML, or no object of Kubernetes
 */
export function objectsOf(rendering: string): readonly KubernetesObject[] {
  return documentsOf(rendering).flatMap(({ source, text }) => {
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const objects = flat(yaml(text, source), source);
    parsed.set(text, objects);
    return objects;
  });
}

const scalar = (type: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag => ({
  tag: `tag:yaml.org,2002:${type}`,
  default: true,
  test,
  resolve,
});

/** What of YAML 1.1 Helm's reader still takes: modes of files are octal. @see https://github.com/kubernetes-sigs/yaml */
const OF_HELM: Tags = [
  scalar("int", /^0[0-7_]+$/, (text) => Number.parseInt(text.replaceAll("_", ""), 8)),
  scalar("bool", /^(?:y|Y|yes|Yes|YES|on|On|ON)$/, () => true),
  scalar("bool", /^(?:n|N|no|No|NO|off|Off|OFF)$/, () => false),
];

function yaml(text: string, source: string): unknown {
  try {
    return parse(text, {
      merge: true,
      maxAliasCount: -1,
      customTags: (tags) => [...OF_HELM, ...tags],
    }) as unknown;
  } catch (error) {
    throw new CommandError(`${source} renders no YAML: ${(error as Error).message}`);
  }
}

function flat(object: unknown, source: string): readonly KubernetesObject[] {
  const { apiVersion, items, kind, metadata } = (object ?? {}) as Partial<KubernetesObject> & {
    readonly items?: unknown;
  };
  if (kind === "List" || (kind?.endsWith("List") === true && Array.isArray(items))) {
    return ((items ?? []) as unknown[]).flatMap((item) => flat(item, source));
  }
  if (apiVersion === undefined || kind === undefined || metadata?.name === undefined) {
    throw new CommandError(`${source} renders no object of Kubernetes: it lacks apiVersion, kind or metadata.name`);
  }
  return [object as KubernetesObject];
}

/** The kinds that definitions among these objects bring, `<group>/<version>/<kind>`. */
export function kindsIn(objects: readonly KubernetesObject[]): readonly string[] {
  return objects.flatMap((object) => {
    if (object.kind !== "CustomResourceDefinition") return [];
    const { group, names, versions } = object["spec"] as {
      readonly group: string;
      readonly names: { readonly kind: string };
      readonly versions: readonly { readonly name: string; readonly served: boolean }[];
    };
    return versions.flatMap(({ name, served }) => (served ? [`${group}/${name}/${names.kind}`] : []));
  });
}
