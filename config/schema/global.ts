import { z } from "zod";
import { accountId, bucketName, domainName, email, region, logRetentionDays } from "./primitives";

/** An AWS account and the region that a stack works in. */
export const accountSchema = z.strictObject({
  /** Account id; Terraform refuses to work in any other. */
  id: accountId,
  /** Region. */
  region,
});

/** Where alarms of each severity go. */
export const alarmsSchema = z.strictObject({
  /** Someone is woken up. */
  page: z.array(email).min(1),
  /** Someone looks at it on the next working day. */
  ticket: z.array(email).min(1),
});

/** Everything shared by the environments. */
export const globalSchema = z.strictObject({
  /** The account that owns what the environments share. */
  account: accountSchema,
  /** Region of the second copy of the state bucket. */
  replicaRegion: region,
  /** The apex zone. */
  domain: domainName,
  /** GitHub repository whose workflows may assume the CI roles, `owner/name`. */
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, "must be a GitHub repository, owner/name"),
  /** Names of the shared buckets. */
  buckets: z.strictObject({
    terraformState: bucketName,
    kopsState: bucketName,
    oidcDiscovery: bucketName,
    elbAccessLogs: bucketName,
    clarityStaging: bucketName,
  }),
  /** ECR repositories. */
  containerRepositories: z.array(z.string().regex(/^[a-z0-9]+([._/-][a-z0-9]+)*$/, "must be an ECR repository name")),
  /** Days that log groups of the global stack are kept. */
  logRetentionDays,
  /** Alarm destinations of the global stack. */
  alarms: alarmsSchema,
  /** Who answers for the shared resources. */
  owner: z.string().min(1),
  /** Address of the generated runbook; alarms link to its anchors. */
  runbookUrl: z.url(),
});

/** Validated settings of the global stack. */
export type GlobalConfig = z.output<typeof globalSchema>;
/** Validated account and region. */
export type AccountConfig = z.output<typeof accountSchema>;
/** Validated alarm destinations. */
export type AlarmsConfig = z.output<typeof alarmsSchema>;
