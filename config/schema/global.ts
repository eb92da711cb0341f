import { z } from "zod";
import { auditRules, auditSchema } from "./audit";
import { containerRepository, homeRegion } from "./aws-names";
import { signingKeys } from "./dns";
import { identityCenterSchema, peopleRules, peopleSchema } from "./people";
import { accountId, bucketName, copyRegion, domainName, email, logRetentionDays, owner, region } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import { textsAreLiteral } from "./texts";

/** An AWS account and the region that a stack works in. */
export const accountSchema = z.strictObject({
  /** Account id; Terraform refuses to work in any other. */
  id: accountId,
  /** Region. */
  region: homeRegion,
});

/** An alarm's threshold, in the metric's unit; one that weakens what AWS recommends says why. */
const threshold = z
  .union(
    [z.number(), z.strictObject({ value: z.number(), reason: z.string().trim().min(1) })],
    'must be a number, or { value: <number>, reason: "<why>" }',
  )
  .transform((chosen): { readonly value: number; readonly reason?: string } =>
    typeof chosen === "number" ? { value: chosen } : chosen,
  );

/** Where alarms of each severity go, and what makes them fire. */
export const alarmsSchema = z.strictObject({
  /** Someone is woken up. */
  page: z.array(email).min(1),
  /** Someone looks at it on the next working day. */
  ticket: z.array(email).min(1),
  /** Thresholds other than the program's own, by the alarm's name without the environment's prefix: `{ "db-cpu-high": 85 }`. */
  thresholds: z.record(z.string(), threshold).default({}),
});

/** Everything shared by the environments. */
export const globalSchema = z.strictObject({
  /** The account that owns what the environments share. */
  account: accountSchema,
  /** Account that manages the organization: the one that the break-glass role of every other trusts by default. It may be `account`. */
  managementAccount: accountId,
  /** IAM Identity Center, where people sign in. @default - nobody signs in with a permission set */
  identityCenter: identityCenterSchema.optional(),
  /** Who works with the accounts. */
  people: peopleSchema,
  /** Auditing of this account; the trail's second copy stands in `replicaRegion`. */
  audit: auditSchema.omit({ replicaRegion: true }),
  /** Region of the second copies: state and trail. */
  replicaRegion: copyRegion,
  /** The apex zone. */
  domain: domainName,
  /** Keys that sign the apex zone. Which of them are trusted is the registrar's part. */
  signingKeys,
  /** GitHub repository whose workflows may assume the CI roles, `owner/name`. */
  repository: z
    .string()
    .regex(/^[\w.-]+\/[\w.-]+$/, "must be a GitHub repository, owner/name")
    .max(60, "must have 60 characters at most: the trust policies that name it must stay below IAM's 2048"),
  /**
   * Its ids, which nobody gets who takes the names over: `opsdx github subject check` prints them. @default - the names alone are
   * trusted, and not in a repository that GitHub has ids in the subject of: one that was made, renamed or moved since 15 July 2026
   */
  repositoryIds: z
    .strictObject({
      /** Id of the owner. */
      owner: z.int().positive(),
      /** Id of the repository. */
      repository: z.int().positive(),
    })
    .optional(),
  /** Whether main has a merge queue: its runs may plan then, and the workflows run in it. @default true */
  mergeQueue: z.boolean().default(true),
  /** Names of the shared buckets. */
  buckets: z.strictObject({
    terraformState: bucketName,
    kopsState: bucketName,
    oidcDiscovery: bucketName,
    elbAccessLogs: bucketName,
    clarityStaging: bucketName,
  }),
  /** Copies of the environments' database snapshots, in this account. */
  backupCopies: z.strictObject({
    /** How the copies are locked: `governance`: the few who may remove a lock; `compliance`: by nobody, from a week after it was made. */
    lockMode: z.enum(["governance", "compliance"]),
  }),
  /** ECR repositories. */
  containerRepositories: z.array(containerRepository),
  /** Whether Terraform refuses to destroy what holds state, PHI or keys; `false` before all of it is taken down. @default true */
  deletionProtection: z.boolean().default(true),
  /** Days that log groups of the global stack are kept. */
  logRetentionDays,
  /** Alarm destinations of the global stack. */
  alarms: alarmsSchema,
  /** Who answers for the shared resources. */
  owner,
  /** Address of the folder of the generated runbook, without a final slash; alarms link to its pages. */
  runbookUrl: z
    .url()
    .refine((url) => !/(\/|\.md)$/.test(url), "must be the address of a folder, without a final slash"),
});

/** An address stands once in a list: SNS would take the second subscription for the first. */
export const repeatedAddresses = rule(
  z.object({ alarms: z.object({ page: valid(z.array(z.string())), ticket: valid(z.array(z.string())) }) }),
  function* ({ alarms }) {
    for (const severity of ["page", "ticket"] as const) {
      const addresses = (alarms[severity] ?? []).map((address) => address.toLowerCase());
      for (const [index, address] of addresses.entries()) {
        const first = addresses.indexOf(address);
        if (first === index) continue;
        yield {
          path: ["alarms", severity, index],
          rule: `must differ from alarms.${severity}.${first}: remove the repetition`,
          received: alarms[severity]?.[index],
        };
      }
    }
  },
);

/** Each bucket has a name of its own. */
const bucketsDiffer = rule(z.object({ buckets: z.record(z.string(), valid(bucketName)) }), function* ({ buckets }) {
  const byName = new Map<string, string>();
  for (const [key, name] of Object.entries(buckets)) {
    if (name === undefined) continue;
    const first = byName.get(name);
    byName.set(name, first ?? key);
    if (first !== undefined) {
      yield { path: ["buckets", key], rule: `must differ from buckets.${first}`, received: name };
    }
  }
});

/** A repository is made once. */
const repositoriesDiffer = rule(z.object({ containerRepositories: z.array(z.string()) }), function* (parts) {
  for (const [index, name] of parts.containerRepositories.entries()) {
    if (parts.containerRepositories.indexOf(name) === index) continue;
    yield { path: ["containerRepositories", index], rule: "must be named once: remove the repetition", received: name };
  }
});

/** The second copy of the state stands in a second region. */
const copyElsewhere = rule(
  z.object({ account: z.object({ region: homeRegion }), replicaRegion: region }),
  function* ({ account, replicaRegion }) {
    if (replicaRegion !== account.region) return;
    yield {
      path: ["replicaRegion"],
      rule: `must differ from ${account.region}, the account's region, or the copy is lost with the original`,
      received: replicaRegion,
    };
  },
);

/** Rules between the settings of `config/global.ts`. */
export const globalRules: readonly Rule[] = [
  ...auditRules,
  bucketsDiffer,
  copyElsewhere,
  ...peopleRules,
  repeatedAddresses,
  repositoriesDiffer,
  textsAreLiteral,
];

/** Validated settings of the global stack. */
export type GlobalConfig = z.output<typeof globalSchema>;
/** Validated account and region. */
export type AccountConfig = z.output<typeof accountSchema>;
/** Validated alarm destinations. */
export type AlarmsConfig = z.output<typeof alarmsSchema>;
