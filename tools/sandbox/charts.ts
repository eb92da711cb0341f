import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";

/** Size of a block of a tar archive. */
const BLOCK = 512;

/** What is wrong with the charts in a folder: each archive that is not whole, or holds another chart than its name says. */
/** What is wrong with an archive of a chart: it is not whole, or holds another chart than its name says. */
export function chartFaults(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".tgz"))
    .sort()
    .flatMap((name) => {
      const fault = chartFault(name, readFileSync(path.join(folder, name)));
      return fault === undefined ? [] : [`${path.join(folder, name)} ${fault}`];
    });
}

/** What is wrong with an archive of a chart: it is not whole, or holds another chart than its name says. */
export function chartFault(file: string, archive: Buffer): string | undefined {
  let chart: { readonly name?: unknown; readonly version?: unknown };
  try {
    const text = chartYaml(gunzipSync(archive));
    if (text === undefined) return "holds no Chart.yaml";
    chart = (parse(text) ?? {}) as typeof chart;
  } catch (error) {
    return `is not whole (${archive.length} bytes): ${(error as Error).message.split("\n")[0] ?? ""}`;
  }
  const name = `${String(chart.name)}-${String(chart.version)}.tgz`;
  return name === file ? undefined : `holds the chart of ${name}`;
}

/**
 * The text of the chart's own `Chart.yaml`, in the archive's only folder at the top.
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 * @throws Error when the archive ends before what it lists
 */
function chartYaml(tar: Buffer): string | undefined {
  let found: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const field = (from: number, length: number): string =>
      tar.toString("utf8", at + from, at + from + length).split("\0")[0] ?? "";
    const size = parseInt(field(124, 12), 8);
    const begin = at + BLOCK;
    if (!Number.isInteger(size) || begin + size > tar.length) throw new Error(`${field(0, 100)} is cut off`);
    if (/^[^/]+\/Chart\.yaml$/.test(field(0, 100))) found = tar.toString("utf8", begin, begin + size);
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
  return found;
}
