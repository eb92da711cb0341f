import type { EnvironmentAccount } from "../../../constructs/global/environment-account";
import { Monitoring } from "../../../constructs/shared/observability/monitoring";
import type { BaseStack } from "../../../stacks/base-stack";
import { TEST_ACCOUNT, synth, type Synthesized } from "../../support";

/** Two environments in accounts of their own. */
export const ENVIRONMENTS: readonly EnvironmentAccount[] = [
  { name: "dev", accountId: "444455556666", clusters: ["k8s.dev.opsdx.io", "k8s-ml.dev.opsdx.io"] },
  { name: "prod", accountId: "777788889999", clusters: ["k8s.prod.opsdx.io"] },
];

/** What most shared systems take. */
export interface SharedProps {
  readonly account: typeof TEST_ACCOUNT;
  readonly region: string;
  readonly environments: readonly EnvironmentAccount[];
  readonly monitoring: Monitoring;
  readonly owner: string;
  readonly accessLogBucket: string;
}

/** Synthesizes shared systems in a stack that has monitoring. */
export function synthShared(
  build: (stack: BaseStack, props: SharedProps) => void,
  environments: readonly EnvironmentAccount[] = ENVIRONMENTS,
): Synthesized {
  return synth((stack) => {
    const monitoring = new Monitoring(stack, "Monitoring", {
      environment: "global",
      namePrefix: "opsdx-global",
      account: TEST_ACCOUNT,
      subscribers: { page: ["page@example.com"], ticket: ["ticket@example.com"] },
      retention: { auditDays: 365, logDays: 365 },
      runbookUrl: "https://example.com/runbook",
      thresholds: {},
    });
    build(stack, {
      account: TEST_ACCOUNT,
      region: TEST_ACCOUNT.region,
      environments,
      monitoring,
      owner: "Yanif",
      accessLogBucket: "logs",
    });
  });
}

/** A statement as it stands in a policy document. */
export interface RawStatement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[];
  readonly NotResource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The statements of a policy document. */
export function statementsOf(policy: unknown): readonly RawStatement[] {
  return (JSON.parse(String(policy)) as { Statement: RawStatement[] }).Statement;
}

/** The statement with a sid; fails with the sids there are otherwise. */
export function statement(policy: unknown, sid: string): RawStatement {
  const all = statementsOf(policy);
  const found = all.find(({ Sid }) => Sid === sid);
  if (found === undefined) throw new Error(`no statement ${sid} among ${all.map(({ Sid }) => Sid).join(", ")}`);
  return found;
}

const matches = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
  ).test(value);

/**
 * Whether a bucket policy by itself lets an account act on an object. Conditions are not looked at: a test that expects a
 * refusal is the stricter for it.
 */
export function letsAccount(policy: unknown, accountId: string, action: string, bucket: string, key: string): boolean {
  const root = `arn:aws:iam::${accountId}:root`;
  return statementsOf(policy).some(({ Effect, Principal, Action = [], Resource = [] }) => {
    const principals = typeof Principal === "object" ? [Principal["AWS"] ?? []].flat() : [];
    return (
      Effect === "Allow" &&
      principals.includes(root) &&
      Action.some((pattern) => matches(pattern, action)) &&
      // The bucket's own ARN is a reference to the bucket.
      Resource.some((pattern) => matches(pattern.replace(/^\$\{[^}]+\}/, bucket), `${bucket}/${key}`))
    );
  });
}
