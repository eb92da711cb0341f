import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { zipSync } from "fflate";

/** The launcher's code as Lambda takes it. */
export interface LauncherBundle {
  /** Zip archive with nothing but the code. */
  readonly file: string;
  /** SHA-256 of the archive in Base64, as Lambda tells it: the same sources give the same. */
  readonly hash: string;
  /** Lambda's name of the entry point, `<file>.<function>`. */
  readonly handler: string;
}

const ROOT = resolve(__dirname, "../..");

/** What an archive records beside the bytes: the first day that it can, in any time zone, and that everybody may read the file. */
const ATTRIBUTES = { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o100644 << 16 } as const;

/**
 * Bundles the launcher into `<cache>/<hash>.zip`. The same sources give the same bytes, on any machine; the archive is named by
 * them, so that programs that run side by side never see half of one.
 *
 * @param cache - folder of bundles @default - `.cache/etl-launcher` in the project
 */
export function bundleLauncher(cache: string = join(ROOT, ".cache/etl-launcher")): LauncherBundle {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ["lambdas/etl-launcher/handler.ts"],
    outfile: "index.js",
    write: false,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    // ES modules first: only they lose what is not used. Not minified, so that a stack trace can be read at night.
    mainFields: ["module", "main"],
    charset: "utf8",
    legalComments: "inline",
    logLevel: "silent",
  });
  const [code] = outputFiles;
  if (code === undefined) throw new Error("esbuild gave no output for lambdas/etl-launcher/handler.ts");
  const archive = zipSync({ "index.js": [code.contents, ATTRIBUTES] });
  const hash = createHash("sha256").update(archive).digest();
  const file = join(cache, `${hash.toString("hex")}.zip`);
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    mkdirSync(cache, { recursive: true });
    writeFileSync(draft, archive);
    renameSync(draft, file);
  }
  return { file, hash: hash.toString("base64"), handler: "index.handler" };
}
