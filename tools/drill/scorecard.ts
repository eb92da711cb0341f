import type { Drill } from "../../constructs/stage3/drills/drill";

/** An alarm that had to fire. */
export interface FiredAlarm {
  /** Its full name. */
  readonly alarm: string;
  /** Minutes within which it had to. */
  readonly withinMinutes: number;
  /** Seconds after the injection at which it did. @default - it did not */
  readonly firedAfterSeconds?: number;
}

/** What a look at a system said. */
export interface Evidence {
  /** The command. */
  readonly command: string;
  /** What it said. */
  readonly said: string;
}

/** What a drill showed. */
export interface Scorecard {
  /** Name of the run. */
  readonly run: string;
  /** Name of the drill. */
  readonly drill: string;
  /** Name of the environment. */
  readonly environment: string;
  /** Who ran it: an ARN. */
  readonly who: string;
  /** When something was broken, or would have been: a time in UTC. */
  readonly began: string;
  /** When all was over: a time in UTC. */
  readonly ended: string;
  /** Whether it was done on this machine, where no kubelet runs pods and nobody evaluates alarms. */
  readonly simulated: boolean;
  /** Whether everything was as it had to be; otherwise what was not, or who ended it. */
  readonly verdict: "held" | "failed" | "ended early";
  /** What was not as it had to be. */
  readonly faults: readonly string[];
  /** The alarms that had to fire. */
  readonly alarms: readonly FiredAlarm[];
  /** Seconds until somebody was told. @default - nobody was */
  readonly detectSeconds?: number;
  /** Seconds until it worked again. @default - it did not, or was never seen to fail */
  readonly mitigateSeconds?: number;
  /** Seconds until it worked and every alarm was quiet. @default - it never was */
  readonly recoverSeconds?: number;
  /** Minutes of data that a restore would have lost. @default - no restore, or not measured */
  readonly lostMinutes?: number;
  /** What commands said. */
  readonly evidence: readonly Evidence[];
}

/** What a scorecard says of a drill that was done on this machine. */
export const SIMULATED = "**Simulated.**";

/** A duration as people read it. */
export function inMinutes(seconds: number | undefined): string {
  if (seconds === undefined) return "never";
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function worked({ mitigateSeconds, recoverSeconds }: Scorecard): string {
  return mitigateSeconds === undefined && recoverSeconds !== undefined
    ? "it was never seen to fail"
    : inMinutes(mitigateSeconds);
}

/** The page of a scorecard. */
export function scorecardPage(card: Scorecard, drill: Drill): string {
  const { alarms, drill: name, environment, evidence, faults, loss, run } = { ...card, loss: drill.loss };
  const rows = alarms.map(
    ({ alarm, firedAfterSeconds, withinMinutes }) =>
      `| \`${alarm}\` | ${withinMinutes} min | ${inMinutes(firedAfterSeconds)} |`,
  );
  const lines = [
    `# ${name} in ${environment}: ${card.verdict}`,
    "",
    ...(card.simulated
      ? [
          `${SIMULATED} No kubelet ran a pod and nobody evaluated an alarm: what kills was a process of this machine, with the rights that its Job has, and alarms were set.`,
          "",
        ]
      : []),
    `${drill.title}. Believed: ${drill.hypothesis}`,
    "",
    "| what | until |",
    "| --- | --- |",
    `| somebody was told | ${drill.fires.length === 0 ? "nobody had to be" : inMinutes(card.detectSeconds)} |`,
    `| it worked again | ${worked(card)} |`,
    `| all was as before (within ${drill.recoverWithinMinutes} min) | ${inMinutes(card.recoverSeconds)} |`,
    ...(loss === undefined
      ? []
      : [
          `| restored (RTO ${loss.rtoMinutes} min) | ${inMinutes(card.mitigateSeconds)} |`,
          `| data lost (RPO ${loss.rpoMinutes} min) | ${card.lostMinutes === undefined ? "not measured" : `${card.lostMinutes} min`} |`,
        ]),
    "",
    ...(rows.length === 0 ? [] : ["| alarm | must fire within | fired after |", "| --- | --- | --- |", ...rows, ""]),
    ...(faults.length === 0 ? ["Nothing was otherwise than believed."] : faults.map((fault) => `- ${fault}`)),
    "",
    `Run ${run}, by ${card.who}, from ${card.began} to ${card.ended}.`,
    "",
    ...evidence.flatMap(({ command, said }) => ["```", `$ ${command}`, said, "```", ""]),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
