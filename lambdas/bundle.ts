import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync, version, type BuildOptions } from "esbuild";
import { strFromU8, unzipSync, zipSync } from "fflate";

/** A function's code as Lambda takes it. */
export interface FunctionBundle {
  /** Zip archive with nothing but the code. */
  readonly file: string;
  /** SHA-256 of the archive in Base64, as Lambda tells it: the same sources give the same. */
  readonly hash: string;
  /** Lambda's name of the entry point, `<file>.<function>`. */
  readonly handler: string;
}

/** What a bundle was made from, so that the next synth need not make it again. */
interface Made {
  /** The bundler and what it is told, and the packages as npm installed them. */
  readonly tools: string;
  /** SHA-256 of each source of ours, by its path. */
  readonly sources: Readonly<Record<string, string>>;
  /** SHA-256 of the archive, hexadecimal. */
  readonly archive: string;
}

const ROOT = resolve(__dirname, "..");
const CODE = "index.js";
const HANDLER = "index.handler";
/** Minified, because a ConfigMap holds 1 MiB at most. */
const JOB_OPTIONS = { minify: true, external: ["pg-native"] } as const satisfies BuildOptions;

/** What an archive records beside the bytes: the first day that it can, in any time zone, and that everybody may read the file. */
const ATTRIBUTES = { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 } as const;

const OPTIONS = {
  outfile: CODE,
  bundle: true,
  platform: "node",
  target: "node22",
  format: "cjs",
  // ES modules first: only they lose what is not used. Not minified, so that a stack trace can be read at night.
  mainFields: ["module", "main"],
  // Paths stand in the code, so a linked node_modules must not bring its own.
  preserveSymlinks: true,
  charset: "utf8",
  legalComments: "inline",
  logLevel: "silent",
} as const satisfies BuildOptions;

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** Writes a file so that programs that run side by side never see half of it. */
function write(file: string, data: string | Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, data);
  renameSync(draft, file);
}

/** Digest of the bundler, what it is told, and the installed packages; undefined when npm left no list of them. */
function toolsDigest(root: string, options: BuildOptions): string | undefined {
  const files = ["node_modules/.package-lock.json", "tsconfig.json"].map((file) => join(root, file));
  if (!files.every((file) => existsSync(file))) return undefined;
  const texts = files.map((file) => readFileSync(file, "utf8"));
  return sha256([version, JSON.stringify([options, ATTRIBUTES]), ...texts].join("\n"));
}

/** What an earlier bundle was made from; undefined when the file is not whole. */
function readRecord(record: string): Made | undefined {
  try {
    return JSON.parse(readFileSync(record, "utf8")) as Made;
  } catch {
    return undefined;
  }
}

/** Whether an archive is there, with the bytes that its name says. */
function isWhole(file: string, digest: string): boolean {
  return existsSync(file) && sha256(readFileSync(file)) === digest;
}

/** The archive's digest when the last bundle was made from just this. */
function known(record: string, root: string, tools: string | undefined): string | undefined {
  if (tools === undefined || !existsSync(record)) return undefined;
  const made = readRecord(record);
  if (made === undefined) return undefined;
  const same = ([source, digest]: readonly [string, string]): boolean =>
    existsSync(join(root, source)) && sha256(readFileSync(join(root, source))) === digest;
  return made.tools === tools && Object.entries(made.sources).every(same) ? made.archive : undefined;
}

/**
 * Bundles `lambdas/<name>/handler.ts` into `<cache>/<hash>.zip`.
 *
 * @param name - the function's folder
 * @param cache - folder of its bundles @default - `.cache/<name>` in the project
 * @param root - the project's folder, with its packages @default - this one's
 */
export function bundleFunction(name: string, cache = join(ROOT, ".cache", name), root = ROOT): FunctionBundle {
  const { digest, file } = archiveOf(`lambdas/${name}/handler.ts`, OPTIONS, cache, root);
  return { file, hash: Buffer.from(digest, "hex").toString("base64"), handler: HANDLER };
}

/**
 * Bundles `jobs/<name>/main.ts` into one file.
 *
 * @param name - the program's folder
 * @param cache - folder of its bundles @default - `.cache/<name>` in the project
 * @param root - the project's folder, with its packages @default - this one's
 * @returns the text of the file
 */
export function bundleJob(name: string, cache = join(ROOT, ".cache", name), root = ROOT): string {
  const { file } = archiveOf(`jobs/${name}/main.ts`, { ...OPTIONS, ...JOB_OPTIONS }, cache, root);
  const code = unzipSync(readFileSync(file))[CODE];
  if (code === undefined) throw new Error(`${file} has no ${CODE}`);
  return strFromU8(code);
}

/**
 * Bundles a program into `<cache>/<digest>.zip`. The same sources give the same bytes, on any machine and wherever the packages lie; the
 * archive is named by them. It is made again only when a source, a package or the bundler has changed.
 */
function archiveOf(
  entry: string,
  options: BuildOptions,
  cache: string,
  root: string,
): { readonly file: string; readonly digest: string } {
  const record = join(cache, "made.json");
  const tools = toolsDigest(root, options);
  const archive = (digest: string) => ({ file: join(cache, `${digest}.zip`), digest });
  const before = known(record, root, tools);
  if (before !== undefined && isWhole(archive(before).file, before)) return archive(before);

  const { outputFiles, metafile } = buildSync({
    ...options,
    entryPoints: [entry],
    absWorkingDir: root,
    write: false,
    metafile: true,
  } satisfies BuildOptions);
  const [code] = outputFiles;
  if (code === undefined) throw new Error(`esbuild gave no output for ${entry}`);
  const bytes = zipSync({ [CODE]: [code.contents, ATTRIBUTES] });
  const digest = sha256(bytes);
  const made = archive(digest);
  mkdirSync(cache, { recursive: true });
  if (!isWhole(made.file, digest)) write(made.file, bytes);
  if (tools !== undefined) {
    const sources = Object.keys(metafile.inputs).filter((source) => !source.includes("node_modules/"));
    const digests = sources.map((source) => [source, sha256(readFileSync(join(root, source)))] as const);
    const entry: Made = { tools, sources: Object.fromEntries(digests), archive: digest };
    write(record, JSON.stringify(entry));
  }
  return made;
}
