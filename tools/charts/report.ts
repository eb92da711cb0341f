import pc from "picocolors";
import { counted } from "../plan/report/words";
import type { RenderingReport } from "../plan/report/renderings";
import { fixOf, type ReleaseReport } from "./check";

/** What `opsdx charts check` found. */
export interface ChartsReport {
  /** Version of Helm. */
  readonly helm: string;
  /** The API server that was asked. @default - none was */
  readonly server?: string;
  /** What it says of each release. */
  readonly releases: readonly ReleaseReport[];
  /** Releases that could not be rendered. */
  readonly notRendered: readonly { readonly title: string; readonly reason: string }[];
  /** Releases that are new, gone or rendered otherwise since another commit. @default - none was named */
  readonly differences?: readonly RenderingReport[];
  /** What was not checked, and why. */
  readonly notChecked: readonly string[];
}

/** Whether nothing is wrong. */
export function isWell({ notRendered, releases }: ChartsReport): boolean {
  return notRendered.length === 0 && releases.every(({ faults, unused }) => faults.length + unused.length === 0);
}

/** The report for a terminal: what several releases have in common is told once. */
export function chartsText(report: ChartsReport): string {
  const { helm, notChecked, notRendered, releases } = report;
  return [
    ...releases.map(releaseLine),
    ...notRendered.map(({ title, reason }) => `${pc.red("✗")} ${title}: not rendered: ${reason}`),
    ...faultLines(releases),
    ...differenceLines(report.differences),
    ...unlockedLines(releases),
    ...[...notCheckedOf(releases), ...notChecked].map((what) => `${pc.yellow("not checked:")} ${what}`),
    summary(report, helm),
  ].join("\n");
}

function releaseLine({ accepted, chart, faults, objects, title, unused, values }: ReleaseReport): string {
  const wrong = faults.length + unused.length;
  const parts = [
    counted(objects, "object"),
    ...(values === undefined ? [] : [`${counted(values, "value")} changed`]),
    ...(accepted.length === 0 ? [] : [`${accepted.length} accepted`]),
    ...(wrong === 0 ? [] : [counted(wrong, "fault")]),
  ];
  return `${wrong === 0 ? pc.green("✓") : pc.red("✗")} ${title} (${chart}): ${parts.join(", ")}`;
}

function faultLines(releases: readonly ReleaseReport[]): readonly string[] {
  const places = new Map<string, string[]>();
  const add = (text: string, title: string): void => void places.set(text, [...(places.get(text) ?? []), title]);
  for (const { faults, title, unused } of releases) {
    for (const { on, problem, rule } of faults) add(`${pc.red(rule)} ${on}: ${problem}; fix: ${fixOf(rule)}`, title);
    for (const { on, rule } of unused) {
      add(`${pc.red("accepted for nothing")} ${rule} on ${on}: take it away, it would hide the next`, title);
    }
  }
  return [...places].map(([text, titles]) => `${text}\n    ${pc.dim(titles.join(", "))}`);
}

function differenceLines(differences: ChartsReport["differences"] = []): readonly string[] {
  const signs = { added: "+", changed: "~", removed: "-" } as const;
  const words = { changed: "is rendered otherwise", gone: "is gone", new: "is new" } as const;
  return differences.flatMap(({ change, notRendered, objects, title }) => [
    notRendered === undefined
      ? `${title} ${words[change]}:`
      : `${title} ${change === "changed" ? "is not compared" : words[change]} (not rendered ${notRendered})`,
    ...objects.flatMap(({ change: sign, lines = [], on }) => [
      `  ${signs[sign]} ${on}`,
      ...lines.map((line) => `      ${line}`),
    ]),
  ]);
}

function unlockedLines(releases: readonly ReleaseReport[]): readonly string[] {
  const tags = releases.flatMap(({ images }) => images.filter(({ standing }) => standing === "not locked"));
  const references = [...new Set(tags.map(({ reference }) => reference))].sort();
  if (references.length === 0) return [];
  return [
    `${pc.yellow(`${counted(references.length, "image")} by tag until npx opsdx images lock ran:`)} ${references.join(", ")}`,
  ];
}

/** What no rendering can tell. */
function notCheckedOf(releases: readonly ReleaseReport[]): readonly string[] {
  const standIns = releases.filter((release) => release.standIns > 0);
  const count = standIns.reduce((sum, release) => sum + release.standIns, 0);
  return standIns.length === 0
    ? []
    : [
        `${counted(count, "value")} of ${counted(standIns.length, "release")} that only an apply knows: something stands in`,
      ];
}

function summary(report: ChartsReport, helm: string): string {
  const { notRendered, releases } = report;
  const faults = releases.reduce((sum, one) => sum + one.faults.length + one.unused.length, 0);
  const asked = report.server === undefined ? "" : `, asked ${report.server}`;
  const told = `${counted(releases.length, "release")} rendered by Helm ${helm}${asked}`;
  if (isWell(report)) return pc.green(`${told}: no fault.`);
  return pc.red(`${told}: ${counted(faults, "fault")}, ${notRendered.length} not rendered.`);
}
