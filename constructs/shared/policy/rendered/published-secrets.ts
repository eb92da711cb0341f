import { createHash } from "node:crypto";
import { block, text } from "../model";
import type { KubernetesObject } from "../../kubernetes-object";

/** Secrets that charts bring as their defaults, which everybody can read, by their SHA-256. */
const PUBLISHED: ReadonlyMap<string, string> = new Map([
  // https://github.com/concourse/concourse-chart/blob/v20.1.3/values.yaml
  ["31f014b53e5861c8b28a8707a1d6a2a2737ce2c22fd671884173498510a063f0", "Concourse's user test:test"],
  ["2dcbb9583e05324a4b39dc33f985f6b37cfd43854ba45e7d0ee021c55005ad0f", "Concourse's host key"],
  ["b54c7c4c58e0aa84c68771872c0ba632f6f280638b04a0e1d596df0fc0833e4c", "the public half of Concourse's host key"],
  ["1e30a804e82833185bf3b9839cc50f31666d003b124a9d8c466250a563e6c1aa", "Concourse's session signing key"],
  ["0475d93cf41c65c2a0c18170dae606fac36dabb36c203d5606929fff411be37a", "Concourse's worker key"],
  ["c312f7077c4d98c53dc85388b93cd98d874fdb2a7f769fd39cd15803fcd99c3c", "the public half of Concourse's worker key"],
]);

/**
 * Defaults that are plain words: a fault in a Secret only.
 * @see https://github.com/getredash/contrib-helm-chart/blob/redash-4.0.1/values.yaml
 */
const WORDS: readonly string[] = ["test", "concourse", "admin", "password", "changeme"];

function* texts(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) yield* texts(each);
}

/** What of an object is published with a chart, in words. */
export function publishedIn(object: KubernetesObject): readonly string[] {
  const isSecret = object.kind === "Secret";
  const data = Object.values(block(object, "data")).map((value) => Buffer.from(text(value), "base64").toString("utf8"));
  const decoded = isSecret ? data : [];
  const known = [...texts(object), ...decoded].flatMap((value) => {
    const found = PUBLISHED.get(createHash("sha256").update(value.trim()).digest("hex"));
    return found === undefined ? [] : [found];
  });
  const words = isSecret
    ? [...decoded, ...texts(block(object, "stringData"))].filter((value) => WORDS.includes(value))
    : [];
  return [...new Set([...known, ...words.map((word) => `the word "${word}"`)])];
}
