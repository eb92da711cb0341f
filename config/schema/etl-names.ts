import { z } from "zod";
import { rule, valid, type Rule } from "./rule";

/** What ETLs are called, and what is called after them. */

/**
 * Names that no ETL may have: `all` is the command line's word for every one, the rest are what else the runbook and the stack call
 * by such a name, services apart, which `programRules` know. Tests keep the list complete.
 */
const RESERVED_NAMES = [
  ...[
    "age-watch",
    "alarms",
    "all",
    "apex-zone",
    "audit",
    "backup-copies",
    "ci",
    "clarity-staging",
    "clusters",
    "code",
    "concourse",
    "container-registry",
  ],
  ...[
    "controllers",
    "core",
    "dashboard",
    "db",
    "dns",
    "drills",
    "efs-csi-driver",
    "elb-access-logs",
    "entrance",
    "etl",
    "etl-freshness",
    "exercises",
    "external-secrets",
    "fluent-bit",
  ],
  ...[
    "freshness",
    "freshness-code",
    "global",
    "grafana",
    "headlamp",
    "health",
    "key",
    "kops-state",
    "launcher-role",
    "load",
    "locust",
    "log-shipping",
    "logs",
    "monitors",
  ],
  ...[
    "nfs",
    "oidc-discovery",
    "people",
    "phi-discovery",
    "prometheus",
    "redash",
    "resource",
    "runners",
    "secrets",
    "tensorflow",
    "terraform-state",
  ],
];
/** Starts of names that belong to others. */
const RESERVED_STARTS = /^(namespace|query|scheduler)-|^k8s(-|$)/;

/** Longest name of an ETL: IAM, Lambda and Kubernetes take what is made of it, with the longest name of an environment. */
const MAX_NAME = 32;

/** What is said of a name that is not free. */
export const NAME_TAKEN = "must be another name: this one belongs to something else";

/** An ETL's name: part of the names of all that it consists of. A word starts with a letter, so that no two names give one address. */
export const etlName = z
  .string()
  .max(MAX_NAME, `must be at most ${MAX_NAME} characters long, for names are made of it`)
  .regex(
    /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/,
    "must be lower-case words of letters and digits, each starting with a letter, joined by hyphens",
  )
  .refine((name) => !RESERVED_NAMES.includes(name) && !RESERVED_STARTS.test(name), NAME_TAKEN);

/** A launcher's name that somebody gives. */
export const launcherName = z
  .string()
  .regex(/^opsdx-[A-Za-z0-9-]{1,58}$/, "must be a function's name: opsdx-, letters, digits, hyphens, at most 64");

/** A stream's name that somebody gives. */
export const logStreamName = z
  .string()
  .regex(/^kubernetes\/[A-Za-z0-9._/-]{1,200}$/, "must be a stream's name: kubernetes/ and letters, digits, . _ / -");

/** A cluster that ETLs run on. */
export const etlCluster = z.enum(["k8s", "k8s-ml"]);

/** Names that an ETL's settings may give in place of derived ones. */
export interface EtlOwnNames {
  /** Name of its launcher. @default - `opsdx-<env>-<etl>-etl-lambda` */
  readonly functionName?: string;
  /** Stream of its log. @default - `kubernetes/default/<etl>/<env>` */
  readonly logStream?: string;
}

/** Name of an ETL's launcher. */
export function launcherFunctionName(environment: string, etl: string, { functionName }: EtlOwnNames): string {
  return functionName ?? `opsdx-${environment}-${etl}-etl-lambda`;
}

/** Stream, or start of the streams, of an ETL's log. */
export function etlLogStream(environment: string, etl: string, { logStream }: EtlOwnNames): string {
  return logStream ?? `kubernetes/default/${etl}/${environment}`;
}

const namesOfEtls = z.object({
  name: z.string(),
  etls: z.record(
    z.string(),
    valid(
      z.object({
        cluster: valid(etlCluster),
        functionName: valid(launcherName),
        logStream: valid(logStreamName),
        renamedFrom: valid(etlName),
      }),
    ),
  ),
});

/** An ETL gets one new name, and gives its old one up. */
const renamesAreClear = rule(namesOfEtls, function* ({ etls }) {
  const seen = new Map<string, string>();
  for (const [etl, { renamedFrom } = {}] of Object.entries(etls)) {
    if (renamedFrom === undefined) continue;
    const other = seen.get(renamedFrom);
    const broken =
      renamedFrom === etl
        ? "must be another name than its own"
        : Object.hasOwn(etls, renamedFrom)
          ? `must be the name of an ETL that is no longer there: etls.${renamedFrom} is`
          : other === undefined
            ? undefined
            : `must differ from that of ${other}: one ETL gets one new name`;
    seen.set(renamedFrom, other ?? etl);
    if (broken !== undefined) yield { path: ["etls", etl, "renamedFrom"], rule: broken, received: renamedFrom };
  }
});

const renames = z.object({
  name: z.string(),
  etls: z.record(
    z.string(),
    valid(
      z.object({
        functionName: z.unknown().optional(),
        logStream: z.unknown().optional(),
        renamedFrom: valid(etlName),
      }),
    ),
  ),
});

/** What has the old name in its own and holds data keeps it, or loses it because somebody wrote another. */
const renameKeepsLogs = rule(renames, function* ({ name: environment, etls }) {
  for (const [etl, { functionName, logStream, renamedFrom } = {}] of Object.entries(etls)) {
    if (renamedFrom === undefined) continue;
    if (functionName === undefined) {
      yield {
        path: ["etls", etl, "functionName"],
        rule: "is required where renamedFrom is: the launcher's log group has its name, and goes with its lines when it changes",
        received: undefined,
        nearest: launcherFunctionName(environment, renamedFrom, {}),
      };
    }
    if (logStream === undefined) {
      yield {
        path: ["etls", etl, "logStream"],
        rule: "is required where renamedFrom is: its log would go on in another stream than the one that people know",
        received: undefined,
        nearest: etlLogStream(environment, renamedFrom, {}),
      };
    }
  }
});

/** Two ETLs share neither a launcher nor lines of their logs, of which people ask for all that start alike. */
const namesDiffer = rule(namesOfEtls, function* ({ name: environment, etls }) {
  const seen: { etl: string; cluster?: string; fn: string; stream: string }[] = [];
  for (const [etl, settings = {}] of Object.entries(etls)) {
    const fn = launcherFunctionName(environment, etl, settings);
    const stream = etlLogStream(environment, etl, settings);
    const path = ["etls", etl];
    const sameFunction = seen.find((other) => other.fn === fn);
    if (sameFunction !== undefined) {
      yield { path: [...path, "functionName"], rule: `must differ from that of ${sameFunction.etl}`, received: fn };
    }
    const sameStream = seen.find(
      (other) =>
        other.cluster === settings.cluster && (stream.startsWith(other.stream) || other.stream.startsWith(stream)),
    );
    if (sameStream !== undefined) {
      yield {
        path: [...path, "logStream"],
        rule: `must neither start with the stream of ${sameStream.etl}, ${sameStream.stream}, nor be its start`,
        received: stream,
      };
    }
    seen.push({ etl, cluster: settings.cluster, fn, stream });
  }
});

/** Rules between the names of an environment's ETLs. */
export const etlNameRules: readonly Rule[] = [namesDiffer, renamesAreClear, renameKeepsLogs];
