import { availableParallelism } from "node:os";
import path from "node:path";
import { stackOwner } from "../../config/names";
import { imageStanding, type ImageStanding } from "../../config/image-standing";
import type { Config } from "../../config/load";
import { PRIORITY_CLASSES } from "../../constructs/shared/kubernetes/cluster-foundation";
import { RENDERED_RULES, imagesIn, renderedFindings } from "../../constructs/shared/policy/rendered/rules";
import type { RenderedFinding, RenderedRule } from "../../constructs/shared/policy/rendered/rules";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import type { AcceptedRendering } from "../../constructs/shared/helm/accepted-rendering";
import { CommandError } from "../command-error";
import { userCache } from "../files";
import { ADDON_KINDS } from "./addon-kinds";
import { kindsIn, objectsOf } from "./documents";
import { chartIn, type Helm } from "./helm";
import { readValues, unstableTemplates } from "./read-values";
import { clusterGround, releaseTitle, type ChartRelease, type ClusterGround } from "./releases";

/** A release with what Helm renders of it. */
export interface RenderedRelease {
  /** The release. */
  readonly release: ChartRelease;
  /** Folder or archive of its chart. */
  readonly chart: string;
  /** What Helm renders. */
  readonly text: string;
  /** Its objects. */
  readonly objects: readonly KubernetesObject[];
  /** Templates that render something else each time. */
  readonly unstable: ReadonlySet<string>;
  /** Kinds of others that it finds. */
  readonly kinds: readonly string[];
  /** Its cluster. */
  readonly cluster: ClusterGround;
}

/** A release that could not be rendered, and why. */
export interface NotRendered {
  /** The release. */
  readonly release: ChartRelease;
  /** Why. */
  readonly reason: string;
}

/** What the check says of a release. */
export interface ReleaseReport {
  /** How people call it: `dev k8s fluent-bit`. */
  readonly title: string;
  /** Its chart, `<name> <version>`. */
  readonly chart: string;
  /** How many objects it renders. */
  readonly objects: number;
  /** How many values it has. @default - they were not changed */
  readonly values?: number;
  /** What is wrong, and accepted by nobody. */
  readonly faults: readonly RenderedFinding[];
  /** What is wrong and accepted. */
  readonly accepted: readonly (RenderedFinding & { readonly reason: string })[];
  /** Acceptances that cover nothing. */
  readonly unused: readonly AcceptedRendering[];
  /** The images that it runs. */
  readonly images: readonly { readonly reference: string; readonly standing: ImageStanding }[];
  /** Expressions of Terraform that something stands in for. */
  readonly standIns: number;
}

/** Settings of {@link renderReleases}. */
export interface RenderReleasesProps {
  /** Helm. */
  readonly helm: Helm;
  /** The configuration: what clusters are like. */
  readonly config: Config;
  /** Folder of charts. @default - they come from their repositories */
  readonly charts?: string;
  /** Told what takes long. */
  readonly say: (line: string) => void;
}

/** Priority classes that the program makes. */
const PRIORITIES: ReadonlySet<string> = new Set(Object.values(PRIORITY_CLASSES).map(({ name }) => name));

/** How many renderings run at once. */
const PARALLEL = Math.min(availableParallelism(), 8);

/** Renders releases as their clusters would have them: each finds the kinds that the others of its cluster bring. */
export async function renderReleases(
  releases: readonly ChartRelease[],
  { charts, config, helm, say }: RenderReleasesProps,
): Promise<{ readonly rendered: readonly RenderedRelease[]; readonly not: readonly NotRendered[] }> {
  const not: NotRendered[] = [];
  const found = new Map<string, Promise<string>>();
  const chartOf = (release: ChartRelease): Promise<string> => {
    const { chart } = release;
    const key = JSON.stringify(chart);
    const known = found.get(key) ?? findChart(release, { charts, helm, say });
    found.set(key, known);
    return known;
  };
  const attempt = async <T>(release: ChartRelease, work: () => Promise<T>): Promise<readonly T[]> => {
    try {
      return [await work()];
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      not.push({ release, reason: error.message });
      return [];
    }
  };
  const first = await inParallel(releases, (release) =>
    attempt(release, async () => {
      const environment = config.environments.find(({ name }) => name === stackOwner(release.stack));
      if (environment === undefined) throw new CommandError("its environment is not configured any more");
      const cluster = clusterGround(environment, release.cluster);
      return renderOnce(release, await chartOf(release), cluster, ADDON_KINDS, helm);
    }),
  );
  const known = first.flat();
  const kindsOn = ({ stack, cluster }: ChartRelease): readonly string[] => [
    ...new Set([
      ...ADDON_KINDS,
      ...known
        .filter(({ release }) => release.stack === stack && release.cluster === cluster)
        .flatMap(({ objects }) => kindsIn(objects)),
    ]),
  ];
  const again = await inParallel(known, (one) => {
    const kinds = kindsOn(one.release);
    return kinds.length === ADDON_KINDS.length
      ? Promise.resolve([one])
      : attempt(one.release, () => renderOnce(one.release, one.chart, one.cluster, kinds, helm));
  });
  return { rendered: again.flat(), not };
}

async function findChart(
  { chart }: ChartRelease,
  { charts, helm, say }: Pick<RenderReleasesProps, "charts" | "helm" | "say">,
): Promise<string> {
  if (chart.repository === undefined) return chart.name;
  const there = charts === undefined ? undefined : chartIn(charts, chart);
  if (there !== undefined) return there;
  if (charts !== undefined) {
    throw new CommandError(
      `${charts} must hold ${chart.name}-${chart.version ?? ""}.tgz, or the chart's folder, and has neither`,
    );
  }
  say(`fetching ${chart.name} ${chart.version ?? ""} from ${chart.repository}…`);
  return helm.pull(chart);
}

async function renderOnce(
  release: ChartRelease,
  chart: string,
  cluster: ClusterGround,
  kinds: readonly string[],
  helm: Helm,
): Promise<RenderedRelease> {
  const render = async (): Promise<string> => {
    const rendering = await helm.render({ ...release, ...settings(chart, cluster, kinds), crds: true });
    if ("text" in rendering) return rendering.text;
    throw new CommandError(`Helm refuses it: ${rendering.refusal}`);
  };
  const [text, other] = [await render(), await render()];
  return {
    release,
    chart,
    text,
    objects: objectsOf(text),
    unstable: text === other ? new Set() : unstableTemplates(text, other),
    kinds,
    cluster,
  };
}

function settings(chart: string, { kubernetes }: ClusterGround, kinds: readonly string[]) {
  const versions = kinds.map((kind) => kind.split("/").slice(0, 2).join("/"));
  return { chart, kubernetes, apiVersions: [...new Set([...versions, ...kinds])].sort() };
}

/** Settings of {@link checkRelease}. */
export interface CheckReleaseProps {
  /** Helm. */
  readonly helm: Helm;
  /** The environment of this process. */
  readonly env: NodeJS.ProcessEnv;
  /** What an API server refuses of it. @default - none was asked, or nothing */
  readonly refused?: readonly RenderedFinding[];
  /** Told how far it is. @default - nobody is */
  readonly progress?: (title: string, done: number, of: number) => void;
}

/** What is wrong with a release, its values and what they render. */
export async function checkRelease(
  { chart, cluster, kinds, objects, release, text, unstable }: RenderedRelease,
  { env, helm, progress, refused = [] }: CheckReleaseProps,
): Promise<ReleaseReport> {
  const title = releaseTitle(release);
  const own = settings(chart, cluster, kinds);
  const short = await helm.render({ ...release, ...own, crds: false });
  const read = await readValues({
    helm,
    chart,
    values: release.values,
    rendered: { short: "text" in short ? short.text : text, whole: text },
    ground: [cluster.kubernetes, ...own.apiVersions],
    render: (values, extent) => helm.render({ ...release, ...own, values, crds: extent === "whole" }),
    unstable,
    parallel: PARALLEL,
    cache: path.join(userCache(env), "charts"),
    progress: (done, of) => progress?.(title, done, of),
  });
  const findings: readonly RenderedFinding[] = [
    ...read.ignored.map((on) => ({
      rule: "ChartReadsValue" as const,
      on,
      problem: "changes nothing that is rendered",
    })),
    ...[...unstable].map((on) => ({ rule: "RenderedStable" as const, on, problem: "is rendered otherwise each time" })),
    ...renderedFindings(objects, {
      namespace: release.namespace,
      standard: release.standard,
      nodes: cluster.nodes,
      customKinds: new Set(kinds),
      priorities: PRIORITIES,
    }),
    ...refused,
  ];
  const references = [...new Set(objects.flatMap(imagesIn).map(({ reference }) => reference))].sort();
  return {
    title,
    chart: `${path.basename(release.chart.name)} ${release.chart.version ?? ""}`.trim(),
    objects: objects.length,
    values: read.values,
    ...judged(findings, release.accepted),
    images: references.map((reference) => ({ reference, standing: imageStanding(reference) })),
    standIns: release.standIns,
  };
}

/** Findings as somebody accepts them, or nobody. */
export function judged(
  findings: readonly RenderedFinding[],
  acceptances: readonly AcceptedRendering[],
): Pick<ReleaseReport, "faults" | "accepted" | "unused"> {
  const used = new Set<AcceptedRendering>();
  const faults: RenderedFinding[] = [];
  const accepted: (RenderedFinding & { readonly reason: string })[] = [];
  for (const finding of findings) {
    const covering = acceptances.find(({ on, rule }) => rule === finding.rule && covers(on, finding.on));
    if (covering === undefined) faults.push(finding);
    else {
      used.add(covering);
      accepted.push({ ...finding, reason: covering.reason });
    }
  }
  return { faults, accepted, unused: acceptances.filter((one) => !used.has(one)) };
}

function covers(pattern: string, on: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(on);
}

/** How to satisfy a rule. */
export function fixOf(rule: RenderedRule): string {
  return RENDERED_RULES[rule].fix;
}

/** Works on all of them, as many at once as the machine has processors. */
async function inParallel<A, B>(all: readonly A[], work: (one: A) => Promise<readonly B[]>): Promise<readonly B[]> {
  const results: (readonly B[])[] = [];
  const waiting = [...all.entries()];
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        results[next[0]] = await work(next[1]);
      }
    }),
  );
  return results.flat();
}
