import pc from "picocolors";
import { written } from "../shown-value";
import type { AttributeReport, PlanReport, ResourceReport, StackReport } from "./model";
import { renderingText } from "./renderings";
import { actionText, counted, countsText, standingText, threatText, verdictText } from "./words";

/** The report for a terminal: whole, and plain where it is piped. Nothing in it steers the terminal. */
export function renderTerminal(report: PlanReport): string {
  const { base, environment, failures, guard, head, stacks } = report;
  const missing = stacks.some(({ notPlanned, standing }) => standing === "failed" || notPlanned.length > 0);
  const title = `Plan of ${environment}, ${head.ref} (${head.commit.slice(0, 8)}) against ${base.ref} (${base.commit.slice(0, 8)}): ${countsText(report.counts)}${missing ? " in what was planned" : ""}`;
  const lines = [
    title,
    ...(report.wide === undefined ? [] : [report.wide]),
    ...stacks.flatMap(missingLines),
    "",
    ...(report.incomparable === undefined ? [] : [report.incomparable, ""]),
    ...stacks.map((stack) => {
      const counts = stack.standing === "failed" ? "not known" : countsText(stack.counts);
      return `  ${stack.stack}: ${counts} (${standingText(stack)})`;
    }),
    ...(guard.judged.length === 0 ? [] : ["", "What is stateful:"]),
    ...guard.judged.flatMap((judged) => {
      const { address, because, lost, move, stack } = judged.finding;
      return [
        `  ${judged.state === "blocked" ? "BLOCKED: " : ""}${threatText(judged.finding)} ${stack}:${address}: ${verdictText(judged)}`,
        ...(judged.line === undefined ? [] : [`    ${judged.line}`]),
        `    lost with it: ${lost}`,
        ...because.map((one) => `    ${one}`),
        ...(move === undefined
          ? []
          : [
              `    it stands under a new address, ${move.to} (the same ${move.same}): keep it with ${move.program}, which writes`,
              ...move.block.split("\n").map((line) => `      ${line}`),
            ]),
      ];
    }),
    ...stacks.flatMap(stackLines),
    ...(failures.length === 0 ? [] : ["", "The check fails:", ...failures.map((failure) => `  - ${failure}`)]),
  ];
  // A text of several lines stays several lines; nothing else may steer.
  return lines
    .flatMap((line) => line.split("\n"))
    .map((line) => painted(written(line)))
    .join("\n");
}

/** Addresses of what is not planned that a terminal shows. */
const SHOWN_ADDRESSES = 5;

/** Colors by what a line begins with, where the terminal has some: what is lost stands out. */
const COLORS: readonly (readonly [begin: RegExp, paint: (text: string) => string])[] = [
  [/^ *(BLOCKED|The check fails|.* NOT PLANNED)/, pc.red],
  [/^ {4}(destroy|replace|may be replaced|let go) /, pc.red],
  [/^ {4}change /, pc.yellow],
  [/^ {4}(add|import|move) /, pc.green],
];

function painted(line: string): string {
  return COLORS.find(([begin]) => begin.test(line))?.[1](line) ?? line;
}

function missingLines({ errors, lock, notPlanned, stack, standing }: StackReport): readonly string[] {
  return [
    ...(standing === "failed" ? [`${stack} could not be planned, so what it would do is not known:`] : []),
    ...errors.map(
      ({ address, detail, summary }) => `  ${address === undefined ? "" : `${address}: `}${summary}. ${detail}`,
    ),
    ...notPlanned.flatMap(({ addresses, next, reason, what }) => [
      `${stack}: ${what} NOT PLANNED: ${reason}${next === undefined ? "" : `. Next: ${next}`}`,
      ...addresses.slice(0, SHOWN_ADDRESSES).map((address) => `  ${address}`),
      ...(addresses.length > SHOWN_ADDRESSES
        ? [`  and ${addresses.length - SHOWN_ADDRESSES} more: --json has them`]
        : []),
    ]),
    ...(lock === undefined
      ? []
      : [
          `${stack}: its state was locked by ${lock.who} since ${lock.since} (${lock.operation}): what is planned here may be out of date when they are done.`,
          `  If nobody is at work there any more, and only then: ${lock.unlock}`,
        ]),
  ];
}

function stackLines({
  acknowledgements,
  alarms,
  losses,
  notices,
  renderings,
  stack,
  systems,
}: StackReport): readonly string[] {
  const lines = [
    ...losses.flatMap(resourceLines),
    ...notices.flatMap((notice) => notice.split("\n").map((line) => `  ${line}`)),
    ...alarms.removed.map(({ alarmName, severity }) => `  alarm removed: ${alarmName} (${severity})`),
    ...alarms.added.map(({ alarmName, severity }) => `  alarm added: ${alarmName} (${severity})`),
    ...acknowledgements.removed.map(({ path, rule }) => `  no longer acknowledged: ${rule} on ${path}`),
    ...acknowledgements.added.map(({ path, reason, rule }) => `  acknowledged: ${rule} on ${path}: ${reason}`),
    ...(renderings?.not === undefined ? [] : [`  rendered manifests: ${renderings.not}`]),
    ...(renderings?.releases ?? []).flatMap((release) => [
      `  rendered manifests of ${renderingText(release)}`,
      ...release.objects.flatMap(({ change, lines = [], on }) => [
        `    ${change} ${on}`,
        ...lines.map((line) => `      ${line}`),
      ]),
    ]),
    ...systems.flatMap(({ resources, system }) => [
      `  ${system.title} (${system.owner}): ${counted(resources.length, "resource")}`,
      ...resources.flatMap(resourceLines),
    ]),
  ];
  return lines.length === 0 ? [] : ["", stack, ...lines];
}

function resourceLines(resource: ResourceReport): readonly string[] {
  const { address, attributes, construct, forcing, imported, meaning, movedFrom, stateful, system } = resource;
  const loses = meaning !== undefined || stateful;
  return [
    `    ${actionText(resource)} ${address}${loses && construct !== undefined ? ` (${construct}; ${system.title}, ${system.owner})` : ""}`,
    ...forcing.flatMap((one) => attributeLines(one, "forced by ")),
    ...(meaning === undefined ? [] : [`      ${meaning}`]),
    ...(movedFrom === undefined ? [] : [`      moved from ${movedFrom}`]),
    ...(imported === undefined ? [] : [`      imported as ${imported}`]),
    ...attributes.flatMap((one) => attributeLines(one, "")),
  ];
}

function attributeLines({ lines = [], path, text }: AttributeReport, before: string): readonly string[] {
  return [`      ${before}${path}: ${text}`, ...lines.map((line) => `        ${line}`)];
}
