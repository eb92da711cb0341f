import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

/** The launcher's code, ready for an archive. */
export interface LauncherBundle {
  /** Folder with nothing but the code. */
  readonly folder: string;
  /** SHA-256 of the code in hexadecimal: the same sources give the same. */
  readonly hash: string;
  /** Lambda's name of the entry point, `<file>.<function>`. */
  readonly handler: string;
}

const ROOT = resolve(__dirname, "../..");

// An archive records when a file was changed; this is the first moment a zip can record.
const CHANGED = new Date("1980-01-01T00:00:00Z");

/**
 * Bundles the launcher into `<cache>/<hash>/index.js`. The same sources give the same bytes, on any machine; the folder is named by
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
  const hash = createHash("sha256").update(code.contents).digest("hex");
  const folder = join(cache, hash);
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`;
    const file = join(draft, "index.js");
    mkdirSync(draft, { recursive: true });
    writeFileSync(file, code.contents, { mode: 0o644 });
    utimesSync(file, CHANGED, CHANGED);
    keep(draft, folder);
  }
  return { folder, hash, handler: "index.handler" };
}

/** Moves a finished folder to its place, unless another process was faster with the same bytes. */
function keep(draft: string, folder: string): void {
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
}
