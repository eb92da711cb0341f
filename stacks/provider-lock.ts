import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import semver from "semver";
import { LOCK_FILE, PROVIDER_VERSIONS } from "./deployment";

/** The command that writes the project's lock file. */
export const LOCK_COMMAND = "npx opsdx providers lock";

/** Versions of providers by source, for example `hashicorp/aws`: exact, with Terraform's `= `. */
export type ProviderVersions = Readonly<Record<string, string>>;

/** What a lock file is worth to whoever wants certain providers. */
export interface ProviderLock {
  /** The lock file with the wanted providers only, sorted; empty when it locks none of them. */
  readonly text: string;
  /** Sources of the wanted providers that it locks at no version. */
  readonly missing: readonly string[];
  /** `source version` of those that it locks at another version than the wanted one. */
  readonly stale: readonly string[];
}

/** A provider in a lock file, as Terraform writes it. */
const BLOCK = /^provider "registry\.terraform\.io\/([^"]+)" \{\n(?:.*\n)*?\}$/gm;
const HEADER = `# Written by \`${LOCK_COMMAND}\`, with Terraform.`;

/** What a lock file's text, or none, says of the wanted providers. */
export function providerLock(text = "", wanted: ProviderVersions = PROVIDER_VERSIONS): ProviderLock {
  const locked = new Map([...text.matchAll(BLOCK)].map(([block, source = ""]) => [source, block]));
  const sources = Object.keys(wanted).sort();
  const fits = (source: string): boolean => lockedVersion(locked.get(source)) === exact(wanted[source]);
  const blocks = sources.filter(fits).map((source) => locked.get(source));
  return {
    text: blocks.length === 0 ? "" : `${[HEADER, ...blocks].join("\n\n")}\n`,
    missing: sources.filter((source) => !locked.has(source)),
    stale: sources
      .filter((source) => locked.has(source) && !fits(source))
      .map((source) => `${source} ${lockedVersion(locked.get(source)) ?? "?"}`),
  };
}

/** What the lock file at a path, or none, says of all providers of the program. */
export function readProviderLock(file: string): ProviderLock {
  return providerLock(lockText(file));
}

function lockText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** One line for whoever synthesizes, when not every provider is locked; undefined otherwise. */
export function lockNotice({ missing, stale }: ProviderLock): string | undefined {
  const open = [...missing, ...stale];
  return open.length === 0
    ? undefined
    : `Providers not locked (their versions are exact, their checksums are not compared): ${open.join(", ")}. \`${LOCK_COMMAND}\` writes ${LOCK_FILE}.`;
}

/**
 * The providers that a stack requires, of its synthesized JSON.
 * @see https://developer.hashicorp.com/terraform/language/providers/requirements#source-addresses
 */
export function requiredProviders(json: Readonly<Record<string, unknown>>): ProviderVersions {
  const { required_providers: required = {} } = (json["terraform"] ?? {}) as {
    readonly required_providers?: Readonly<Record<string, { readonly source: string; readonly version: string }>>;
  };
  return Object.fromEntries(
    Object.values(required).map(({ source, version }) => [
      `hashicorp/${source}`.split("/").slice(-2).join("/"),
      version,
    ]),
  );
}

/**
 * Lays the lock file beside the `cdk.tf.json` of each stack, with the providers that the stack requires. Where it locks none of them, what
 * lies there stays: Terraform's own, of an earlier init.
 *
 * @param file - the project's lock file; need not exist
 * @param stacks - the folder of each stack, and what it requires
 */
export function layProviderLocks(
  file: string,
  stacks: readonly { readonly directory: string; readonly wanted: ProviderVersions }[],
): void {
  const locked = lockText(file);
  for (const { directory, wanted } of stacks) {
    const { text } = providerLock(locked, wanted);
    if (text !== "") writeFileSync(path.join(directory, LOCK_FILE), text);
  }
}

function exact(constraint: string | undefined): string | undefined {
  return semver.valid((constraint ?? "").replace("=", "").trim()) ?? undefined;
}

function lockedVersion(block: string | undefined): string | undefined {
  return /^\s*version\s*=\s*"([^"]+)"/m.exec(block ?? "")?.[1];
}
