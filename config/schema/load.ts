import { z } from "zod";
import { cpuMillis, memoryMib } from "../node-capacity";
import { hostLabel, owner, words } from "./primitives";
import { NODE_GROUP_LABEL } from "./cluster";
import { own, rule, valid, type Fault, type Rule } from "./rule";
import { cpuQuantity, groupFacts, memoryQuantity, podMisfits } from "./workload";
import { workloadsOf } from "./workloads";

const podSchema = z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity });

/** What the container of a run's pod asks for that looks at the alarms and brings the reports away; memory is its limit too. */
export const REPORT_POD = { cpu: "50m", memory: "256Mi" } as const;

/** Names of profiles, from the lightest: what each is for, says its own `purpose`. */
export const LOAD_PROFILES = ["smoke", "steady", "peak", "spike", "soak"] as const;
/** Name of a profile. */
export type LoadProfileName = (typeof LOAD_PROFILES)[number];

/** A request that users send. In path and body `{patient}` stands for one of the patients of the secret `load/trews-pats`. */
const requestSchema = z
  .strictObject({
    /** Whether it is proposed, and nobody has said that the service answers it so. */
    proposal: z.boolean().default(false),
    method: z.enum(["GET", "POST"]),
    path: z.string().startsWith("/").max(1024),
    /** Body, JSON. @default - none */
    body: z.string().max(10_000).optional(),
    /** How often it is sent, in proportion to the others. */
    share: z.number().positive().max(1000),
  })
  .refine(({ body, method }) => method === "POST" || body === undefined, "must have no body with GET");

/** Users for a time. */
const stageSchema = z.strictObject({
  users: z.int().min(1),
  seconds: z.int().min(5),
  /** Users that come, or go, in a second. */
  perSecond: z.number().min(0.1).max(100).default(10),
});

/** What a profile's run must keep to be a good one. */
const limitsSchema = z
  .strictObject({
    /** Milliseconds in which 95 of 100 requests are answered, of each kind. */
    p95Ms: z.int().min(1).max(60_000),
    /** Milliseconds in which 99 of 100 requests are answered, of each kind. */
    p99Ms: z.int().min(1).max(60_000),
    /** Percentage of requests that may fail, of each kind. */
    errorPercent: z.number().min(0).max(100),
    /** Requests in a second, of all kinds together, that must be reached. */
    requestsPerSecond: z.number().positive(),
  })
  .refine(({ p95Ms, p99Ms }) => p95Ms <= p99Ms, "must have p95Ms at most p99Ms");

const profileSchema = z.strictObject({
  /** What it is for, in a few words. */
  purpose: words,
  /** Stages, one after the other. */
  stages: z.array(stageSchema).min(1, "must have a stage"),
  limits: limitsSchema,
});

/** Load tests on the web service: Jobs that somebody starts (`opsdx load run`). */
export const loadSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** Group of `clusters.k8s.nodeGroups` that it has to itself, where it takes nothing away from what it measures. */
  nodeGroup: z.string().min(1),
  /** What Locust asks for in a run's pod; the other container's small part comes to it. Memory is its limit too; there is none on processors. */
  pod: podSchema,
  /** Whether its runs need `--prod` and a reason, as real clinicians are asked for beside them. @default false */
  guarded: z.boolean().default(false),
  /** Header that bears the secret `load/trews-admin-key`: the firewall's log leaves it out, which takes 40 characters. */
  keyHeader: z.string().regex(/^[A-Za-z][A-Za-z-]{0,39}$/, "must be a header's name of at most 40 characters"),
  /** What users ask for, by the name in reports. */
  requests: z
    .record(
      z
        .string()
        .regex(
          /^(?!all$)[a-z][a-z-]{0,30}$/,
          "must be lower-case words joined by hyphens, and not all, which is all together",
        ),
      requestSchema,
    )
    .refine((requests) => Object.keys(requests).length > 0, "must name a request"),
  /** Seconds that a user thinks between two requests: each time is as likely. */
  thinkSeconds: z
    .strictObject({ min: z.number().min(0.1), max: z.number().max(600) })
    .refine(({ max, min }) => min <= max, "must have min at most max"),
  /** Seconds after which a request is given up, and has failed. */
  timeoutSeconds: z.int().min(1).max(60),
  /** What no run passes, whatever its profile. */
  maximum: z.strictObject({
    users: z.int().min(1).max(5000),
    minutes: z.int().min(1).max(720),
    requests: z.int().min(1).max(10_000_000),
  }),
  profiles: z.strictObject({
    smoke: profileSchema,
    steady: profileSchema.optional(),
    peak: profileSchema.optional(),
    spike: profileSchema.optional(),
    soak: profileSchema.optional(),
  }),
});

/** Locust's page, on which people try the test of the profile `smoke` and watch it. */
export const locustSchema = z.strictObject({
  /** Its host, by the label below the zone. @default "locust" */
  host: hostLabel.default("locust"),
  /** What each of its two pods asks for. Memory is its limit too; there is none on processors. */
  pod: podSchema,
});

/** Validated settings of load tests. */
export type LoadConfig = z.output<typeof loadSchema>;
/** Validated settings of Locust's page. */
export type LocustConfig = z.output<typeof locustSchema>;
/** A validated profile. */
export type LoadProfile = z.output<typeof profileSchema>;

/** Seconds of all of a profile's stages. */
export function profileSeconds({
  stages,
}: {
  readonly stages: readonly Pick<LoadProfile["stages"][number], "seconds">[];
}): number {
  return stages.reduce((sum, { seconds }) => sum + seconds, 0);
}

const path = ["load"];
const groups = z.record(z.string(), valid(groupFacts));

/** Its pod fits a node, with both of its containers. */
const podFits = rule(
  z.object({
    clusters: z.object({ k8s: z.object({ nodeGroups: groups }) }),
    load: z.object({ nodeGroup: z.string(), pod: valid(podSchema) }),
  }),
  ({ clusters: { k8s }, load: { nodeGroup, pod } }) => {
    const both = pod && {
      cpu: `${cpuMillis(pod.cpu) + cpuMillis(REPORT_POD.cpu)}m`,
      memory: `${memoryMib(pod.memory) + memoryMib(REPORT_POD.memory)}Mi`,
    };
    return podMisfits(path, both, [...path, "pod"], nodeGroup, { name: "k8s", groups: k8s.nodeGroups });
  },
);

/** ETLs and other services don't stand on its nodes. The web service and builds, whose nodes are their own too, have rules that say so. */
const standsAlone = rule(
  z.looseObject({
    clusters: z.object({ k8s: z.object({ nodeGroups: groups }) }),
    load: z.object({ nodeGroup: z.string() }),
  }),
  function* ({ clusters: { k8s }, load, ...rest }): Generator<Fault> {
    const labelOf = (group = ""): string | undefined => own(k8s.nodeGroups, group)?.labels?.[NODE_GROUP_LABEL];
    const label = labelOf(load.nodeGroup);
    const beside = workloadsOf(rest).filter(
      ({ cluster, nodeGroup, path: [part] }) => cluster === "k8s" && part !== "web" && labelOf(nodeGroup) === label,
    );
    if (label === undefined || beside.length === 0) return;
    const names = beside.map(({ name }) => name).join(", ");
    const rule = `must be a group with another ${NODE_GROUP_LABEL} than ${label}: load would stand beside ${names}, and measure them`;
    yield { path: [...path, "nodeGroup"], rule, received: load.nodeGroup };
  },
);

const { maximum, thinkSeconds } = loadSchema.shape;
const runs = z.object({
  load: z.object({ maximum, thinkSeconds, profiles: z.record(z.string(), valid(profileSchema)) }),
});

/** A profile ends within the limits of all runs, and its own can be kept. */
const profilesEnd = rule(runs, function* ({ load }): Generator<Fault> {
  const { minutes, requests, users } = load.maximum;
  // What is answered at once: nobody sends more.
  const perUser = 2 / (load.thinkSeconds.min + load.thinkSeconds.max);
  for (const [name, profile] of Object.entries(load.profiles)) {
    if (profile === undefined) continue;
    const place = [...path, "profiles", name];
    const { limits, stages } = profile;
    for (const [index, stage] of stages.entries()) {
      if (stage.users <= users) continue;
      const rule = `must be at most ${users}, the users of load.maximum`;
      yield { path: [...place, "stages", index, "users"], rule, received: stage.users, nearest: users };
    }
    const seconds = profileSeconds(profile);
    if (seconds > minutes * 60) {
      const rule = `must take at most the ${minutes} minutes of load.maximum together, and take ${Math.ceil(seconds / 60)}`;
      yield { path: [...place, "stages"], rule, received: stages.map((stage) => stage.seconds) };
    }
    const sent = Math.ceil(stages.reduce((sum, stage) => sum + stage.users * stage.seconds * perUser, 0));
    if (sent > requests) {
      const rule = `must send at most the ${requests} requests of load.maximum together, and send ${sent}`;
      yield { path: [...place, "stages"], rule, received: stages.map((stage) => stage.users) };
    }
    const most = Math.floor((sent / seconds) * 10) / 10;
    if (limits.requestsPerSecond > most) {
      const rule = `must be at most ${most}, as users who think send no more: no run would ever be good`;
      yield {
        path: [...place, "limits", "requestsPerSecond"],
        rule,
        received: limits.requestsPerSecond,
        nearest: most,
      };
    }
  }
});

/** The page shows the test of the runs. */
const pageHasRuns = rule(z.looseObject({ locust: z.unknown() }), function* (environment): Generator<Fault> {
  const { load, locust } = environment as Readonly<Record<string, unknown>>;
  if (locust === undefined || load !== undefined) return;
  yield { path: ["locust"], rule: "must be left out, or load must be configured, whose test it shows", received: {} };
});

/** Rules between load tests' settings and those of their cluster. */
export const loadRules: readonly Rule[] = [podFits, standsAlone, profilesEnd, pageHasRuns];
