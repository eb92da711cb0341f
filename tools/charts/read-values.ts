import { createHash } from "node:crypto";
import path from "node:path";
import Bottleneck from "bottleneck";
import { readJson, writeWhole } from "../files";
import { documentsOf } from "./documents";
import { chartDigest, type Helm, type Rendering } from "./helm";
import { changed, leavesOf, pathText, shapeOf, withValue } from "./leaves";
import type { Values } from "./releases";

/** Grows when the answers of before no longer count. */
const FORMAT = 2;

/** What changing each value once showed. */
export interface ReadValues {
  /** How many values there are. */
  readonly values: number;
  /** Paths of those that change nothing. */
  readonly ignored: readonly string[];
}

/** Settings of {@link readValues}. */
export interface ReadValuesProps {
  /** Helm. */
  readonly helm: Pick<Helm, "version">;
  /** Folder or archive of the chart. */
  readonly chart: string;
  /** The values. */
  readonly values: Values;
  /** What Helm renders with them, without the kinds that stand beside the templates, and with them. */
  readonly rendered: { readonly short: string; readonly whole: string };
  /** What decides beside values: the version of Kubernetes, and the kinds that a chart finds. */
  readonly ground: readonly string[];
  /** Renders the chart with other values, with or without those kinds: without them Helm needs half the time. */
  readonly render: (values: Values, extent: "short" | "whole") => Promise<Rendering>;
  /** Templates that render something else each time: they say nothing of values. */
  readonly unstable: ReadonlySet<string>;
  /** How many renderings run at once. */
  readonly parallel: number;
  /** Folder of answers of before. @default - none is kept */
  readonly cache?: string;
  /** Told how many of the values are done. @default - nobody is */
  readonly progress?: (done: number, of: number) => void;
}

/** Changes each value once, and tells which of them the chart does not read: what it renders stays the same to the byte. */
export async function readValues(props: ReadValuesProps): Promise<ReadValues> {
  const { cache, chart, ground, helm, parallel, progress, render, rendered, unstable, values } = props;
  const key = [FORMAT, helm.version, chartDigest(chart), ground, shapeOf(values)];
  const digest = createHash("sha256").update(JSON.stringify(key)).digest("hex");
  const file = cache === undefined ? undefined : path.join(cache, `values-${digest}.json`);
  const known = file === undefined ? undefined : (readJson(file) as ReadValues | undefined);
  if (known !== undefined) return known;
  const changesNothing = async (other: Values, extent: "short" | "whole"): Promise<boolean> => {
    const rendering = await render(other, extent);
    // A chart that refuses another value has read it.
    return "text" in rendering && stable(rendering.text, unstable) === stable(rendered[extent], unstable);
  };
  const leaves = leavesOf(values);
  const queue = new Bottleneck({ maxConcurrent: parallel });
  let done = 0;
  const isIgnored = await Promise.all(
    leaves.map(({ path: at, value }) =>
      queue.schedule(async () => {
        const other = withValue(values, at, changed(value));
        const ignored = (await changesNothing(other, "short")) && (await changesNothing(other, "whole"));
        done += 1;
        progress?.(done, leaves.length);
        return ignored;
      }),
    ),
  );
  const found = {
    values: leaves.length,
    ignored: leaves.filter((_, index) => isIgnored[index] === true).map(({ path: at }) => pathText(at)),
  };
  if (file !== undefined) writeWhole(file, JSON.stringify(found));
  return found;
}

/** Templates whose documents differ between two renderings with the same values. */
export function unstableTemplates(one: string, other: string): ReadonlySet<string> {
  const texts = new Map(documentsOf(one).map(({ source, text }) => [source, text]));
  return new Set(documentsOf(other).flatMap(({ source, text }) => (texts.get(source) === text ? [] : [source])));
}

function stable(rendering: string, unstable: ReadonlySet<string>): string {
  if (unstable.size === 0) return rendering;
  return documentsOf(rendering)
    .filter(({ source }) => !unstable.has(source))
    .map(({ text }) => text)
    .join("---");
}
