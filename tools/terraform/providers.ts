import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync, type Dirent } from "node:fs";
import os from "node:os";
import path from "node:path";
import semver from "semver";

const REGISTRY = "registry.terraform.io";

/** A folder laid out as Terraform's filesystem mirror, and the providers in it that this platform can use. */
export interface ProviderMirror {
  /** Absolute path of the folder that holds `registry.terraform.io/`. */
  readonly directory: string;
  /** Versions by provider address, for example `hashicorp/aws`. */
  readonly providers: Readonly<Record<string, readonly string[]>>;
}

/**
 * Folders that may be a mirror: those that Terraform searches by itself, the usual system-wide ones, and
 * `OPSDX_PROVIDER_MIRROR`, which comes first.
 * @see https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
export function mirrorCandidates(env: NodeJS.ProcessEnv, home = os.homedir(), root = "/"): readonly string[] {
  const shared = (env["XDG_DATA_DIRS"] ?? "").split(":").filter((folder) => folder !== "");
  return [
    ...(env["OPSDX_PROVIDER_MIRROR"] ?? "").split(":").filter((folder) => folder !== ""),
    path.join(home, ".terraform.d/plugins"),
    path.join(env["XDG_DATA_HOME"] ?? path.join(home, ".local/share"), "terraform/plugins"),
    path.join(home, "Library/Application Support/io.terraform/plugins"),
    path.join(root, "Library/Application Support/io.terraform/plugins"),
    ...shared.map((folder) => path.join(folder, "terraform/plugins")),
    ...[path.join(root, "usr/share/terraform"), path.join(root, "usr/local/share/terraform")].flatMap((folder) => [
      folder,
      ...subfolders(folder),
    ]),
    ...subfolders(path.join(root, "opt")),
  ];
}

/** The candidates that hold providers for the platform. A folder named twice counts once. */
export function findMirrors(candidates: readonly string[], platform = terraformPlatform()): readonly ProviderMirror[] {
  return [...new Set(candidates.map((folder) => path.resolve(folder)))]
    .map((directory) => ({ directory, providers: providersIn(path.join(directory, REGISTRY), platform) }))
    .filter(({ providers }) => Object.keys(providers).length > 0);
}

function providersIn(registry: string, platform: string): Record<string, readonly string[]> {
  const found = subfolders(registry).flatMap((namespace) =>
    subfolders(namespace).map((type): [string, readonly string[]] => [
      `${path.basename(namespace)}/${path.basename(type)}`,
      versionsIn(type, platform),
    ]),
  );
  return Object.fromEntries(found.filter(([, versions]) => versions.length > 0));
}

/**
 * Versions in either of Terraform's layouts: `<version>/<platform>/`, or a zip file per version and platform. Inside a mirror
 * Terraform follows a symbolic link only in place of the innermost folder.
 */
function versionsIn(folder: string, platform: string): readonly string[] {
  const unpacked = subfolders(folder)
    .filter((version) => isFolder(path.join(version, platform)))
    .map((version) => path.basename(version));
  const packed = entries(folder).flatMap(({ name }) => {
    const match = ARCHIVE.exec(name);
    return match?.[1] !== undefined && match[2] === platform ? [match[1]] : [];
  });
  return [...unpacked, ...packed].filter((version) => semver.valid(version) !== null);
}

/** A provider's archive for a platform in a mirror. */
const ARCHIVE = /^terraform-provider-[^_]+_(.+)_([a-z0-9]+_[a-z0-9]+)\.zip$/;
/** How a zip archive ends, and how far that may be from its last byte. */
const ZIP_END = "PK\x05\x06";
const ZIP_END_BYTES = 22 + 65_535;

/**
 * The archives of providers in mirrors, for this platform, that are cut off: Terraform would say so without their place.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.16
 */
export function cutArchives(mirrors: readonly ProviderMirror[], platform = terraformPlatform()): readonly string[] {
  return mirrors.flatMap(({ directory, providers }) =>
    Object.keys(providers).flatMap((provider) => {
      const folder = path.join(directory, REGISTRY, provider);
      return entries(folder)
        .filter(({ name }) => ARCHIVE.exec(name)?.[2] === platform)
        .map(({ name }) => path.join(folder, name))
        .filter((file) => !endsAsZip(file));
    }),
  );
}

function endsAsZip(file: string): boolean {
  const { size } = statSync(file);
  const end = Buffer.alloc(Math.min(size, ZIP_END_BYTES));
  const archive = openSync(file, "r");
  try {
    readSync(archive, end, 0, end.length, size - end.length);
  } finally {
    closeSync(archive);
  }
  return end.includes(ZIP_END, 0, "latin1");
}

/** Terraform's name of this machine, for example `linux_amd64`. */
export function terraformPlatform(platform: string = process.platform, arch: string = process.arch): string {
  return `${platform === "win32" ? "windows" : platform}_${arch === "x64" ? "amd64" : arch}`;
}

/** The newest version of a provider in the mirrors that Terraform's constraint allows. */
export function mirroredVersion(
  mirrors: readonly ProviderMirror[],
  provider: string,
  constraint: string,
): string | undefined {
  const versions = mirrors.flatMap(({ providers }) => providers[provider] ?? []);
  return semver.maxSatisfying([...versions], constraint.replaceAll(",", " ")) ?? undefined;
}

/** Settings of {@link cliConfig}. */
export interface CliConfigProps {
  /** Mirrors to take providers from. */
  readonly mirrors: readonly ProviderMirror[];
  /** Folder in which downloads are shared between stacks. */
  readonly cacheDirectory: string;
  /** Text of the user's own configuration, which is kept. @default - none */
  readonly own?: string;
}

/** Text of a Terraform CLI configuration: what the mirrors hold comes from them, the rest from the registry. */
export function cliConfig({ mirrors, cacheDirectory, own = "" }: CliConfigProps): string {
  const list = (providers: readonly string[]): string =>
    `[${providers.map((provider) => JSON.stringify(`${REGISTRY}/${provider}`)).join(", ")}]`;
  const mirrored = [...new Set(mirrors.flatMap(({ providers }) => Object.keys(providers)))].sort();
  const kept = own.trim() === "" ? [] : [own.trim(), ""];
  const cache = own.includes("plugin_cache_dir")
    ? []
    : [
        `plugin_cache_dir = ${JSON.stringify(cacheDirectory)}`,
        // Otherwise every stack downloads again: its lock file is new each time.
        "plugin_cache_may_break_dependency_lock_file = true",
        "",
      ];
  // A provider that is not excluded here would still be looked up in the registry, which fails without a network.
  const exclude = mirrored.length === 0 ? [] : [`    exclude = ${list(mirrored)}`];
  return [
    ...kept,
    ...(mirrored.length === 0 ? cache : []),
    "provider_installation {",
    ...mirrors.flatMap(({ directory, providers }) => [
      "  filesystem_mirror {",
      `    path    = ${JSON.stringify(directory)}`,
      `    include = ${list(Object.keys(providers).sort())}`,
      "  }",
    ]),
    "  direct {",
    ...exclude,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The user's own Terraform CLI configuration, when there is one. */
export function ownCliConfig(
  env: NodeJS.ProcessEnv,
  home = os.homedir(),
): { readonly file: string; readonly text: string } | undefined {
  const file = env["TF_CLI_CONFIG_FILE"] ?? path.join(home, ".terraformrc");
  return existsSync(file) && statSync(file).isFile() ? { file, text: readFileSync(file, "utf8") } : undefined;
}

/** Whether a CLI configuration already says where providers come from. */
export function decidesInstallation(text: string): boolean {
  return /^\s*provider_installation\b/m.test(text);
}

function entries(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // Absent or unreadable: then it offers nothing.
    return [];
  }
}

function subfolders(folder: string): readonly string[] {
  return entries(folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(folder, name));
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
