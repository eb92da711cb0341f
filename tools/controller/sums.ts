import type { ControllerTool } from "../../config/controller-tools";
import { CommandError } from "../command-error";

/** How long a publisher may take, in milliseconds. */
const LIMIT_MS = 30_000;

/**
 * The digest that a tool's publisher gives, `sha256:…`: where one address lists several files, that of the tool's.
 * @param ask - asks a publisher @default - fetch
 * @throws CommandError when it does not answer, or has no checksum of this file
 */
export async function publishedDigest(
  { name, sums, url, version }: Pick<ControllerTool, "name" | "sums" | "url" | "version">,
  ask: typeof fetch = fetch,
): Promise<string> {
  const problem = (why: string): CommandError => new CommandError(`${name} ${version}: ${sums} ${why}`);
  const text = await ask(sums, { signal: AbortSignal.timeout(LIMIT_MS) })
    .then((answer) => {
      if (!answer.ok) throw problem(`answered ${answer.status}`);
      return answer.text();
    })
    .catch((error: unknown) => {
      if (error instanceof CommandError) throw error;
      throw problem(`was not reached: ${(error as Error).message}`);
    });
  const sum = sumOf(text, url.split("/").at(-1) ?? "");
  if (sum === undefined) throw problem(`must give the SHA-256 of ${url}, got "${text.slice(0, 80)}"`);
  return `sha256:${sum}`;
}

/** What PyPI says of a version. @see https://docs.pypi.org/api/json/ */
interface PythonRelease {
  readonly urls?: readonly { readonly filename: string; readonly digests: { readonly sha256: string } }[];
}

function sumOf(text: string, file: string): string | undefined {
  if (text.trimStart().startsWith("{")) {
    return (JSON.parse(text) as PythonRelease).urls?.find(({ filename }) => filename === file)?.digests.sha256;
  }
  const lines = text.trim().split("\n");
  // One checksum, alone: it can be of nothing else.
  if (lines.length === 1 && /^[0-9a-f]{64}$/.test(lines[0] ?? "")) return lines[0];
  return lines.map((line) => /^([0-9a-f]{64})\s+\*?(\S+)$/.exec(line)).find((found) => found?.[2] === file)?.[1];
}
