import { ExplainedError } from "../../config/explained-error";
import { stackOwner } from "../../config/names";
import type { RenderingsProps } from "../plan/command";
import type { Programs } from "../plan/programs";
import type { Renderings, StackRenderings } from "../plan/report/renderings";
import { counted } from "../plan/report/words";
import { renderReleases } from "./check";
import { releaseDifferences } from "./difference";
import { chartDigest, findHelm } from "./helm";
import { releasesOf, releaseTitle, type ChartRelease } from "./releases";

/**
 * What Helm renders otherwise for head than for base, for the report of a plan. Rendered are the clusters of releases whose chart or
 * values differ. What stops it is told in the report, which comes all the same.
 * @throws InterruptedError after an interrupt
 */
export async function planRenderings(
  { base, head }: Pick<Programs, "base" | "head">,
  props: RenderingsProps,
): Promise<Renderings> {
  const { charts, children, environment } = props;
  const isMeant = ({ stack }: ChartRelease): boolean => environment === undefined || stackOwner(stack) === environment;
  const before = releasesOf(base.stacks, base.facts).filter(isMeant);
  const after = releasesOf(head.stacks, head.facts).filter(isMeant);
  const differing = differingReleases(before, after);
  if (differing.length === 0) return {};
  const stacks = [...new Set(differing.map(({ stack }) => stack))];
  const not = (reason: string): Renderings =>
    Object.fromEntries(
      stacks.map((stack) => {
        const count = new Set(differing.filter((one) => one.stack === stack).map(releaseTitle)).size;
        return [stack, { releases: [], not: `${counted(count, "Helm release")} not rendered: ${reason}` }];
      }),
    );
  if (charts === undefined) return not("--charts renders them");
  try {
    const clusters = new Set(differing.map(clusterOf));
    const onThem = (all: readonly ChartRelease[]): readonly ChartRelease[] =>
      all.filter((one) => clusters.has(clusterOf(one)));
    return await differencesByStack(onThem(before), onThem(after), stacks, props);
  } catch (error) {
    children.throwIfInterrupted();
    if (!(error instanceof ExplainedError)) throw error;
    return not(error.message);
  }
}

const clusterOf = ({ cluster, stack }: ChartRelease): string => `${stack} ${cluster}`;

/** Releases that one side alone has, or whose chart or values differ. */
function differingReleases(before: readonly ChartRelease[], after: readonly ChartRelease[]): readonly ChartRelease[] {
  const contents = (releases: readonly ChartRelease[]): ReadonlySet<string> => new Set(releases.map(contentOf));
  const [old, next] = [contents(before), contents(after)];
  return [...before.filter((one) => !next.has(contentOf(one))), ...after.filter((one) => !old.has(contentOf(one)))];
}

function contentOf(release: ChartRelease): string {
  const { chart, namespace, values } = release;
  // The program's own charts lie elsewhere in each checkout.
  const source = chart.repository === undefined ? chartDigest(chart.name) : chart;
  return JSON.stringify([releaseTitle(release), namespace, source, values]);
}

async function differencesByStack(
  before: readonly ChartRelease[],
  after: readonly ChartRelease[],
  stacks: readonly string[],
  { charts, children, config, env, say }: RenderingsProps,
): Promise<Renderings> {
  const helm = await findHelm(undefined, env);
  try {
    say(`rendering ${counted(before.length + after.length, "Helm release")} of base and head…`);
    const settings = { helm, config, charts: charts === true ? undefined : charts, say };
    const old = { releases: before, ...(await renderReleases(before, settings)) };
    children.throwIfInterrupted();
    const next = { releases: after, ...(await renderReleases(after, settings)) };
    children.throwIfInterrupted();
    const differences = releaseDifferences(old, next);
    const stackOf = new Map([...before, ...after].map((one) => [releaseTitle(one), one.stack]));
    return Object.fromEntries(
      stacks.map((stack): [string, StackRenderings] => [
        stack,
        { releases: differences.filter(({ title }) => stackOf.get(title) === stack) },
      ]),
    );
  } finally {
    helm.close();
  }
}
