import { UnansweredError, type Account } from "./account";
import type { Check, Obstacle } from "./obstacle";
import { literal, type Planned } from "./planned";

/**
 * Executions that a reservation must leave to the functions without one.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
const UNRESERVED = 100;

/** How much of something an account may have in a region, and has. */
interface Quota {
  readonly type: string;
  readonly what: string;
  readonly service: string;
  /** Code in Service Quotas. */
  readonly code: string;
  /** What is there. */
  readonly list: readonly string[];
  readonly key: string;
}

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const QUOTAS: readonly Quota[] = [
  {
    type: "aws_vpc",
    what: "VPCs",
    service: "vpc",
    code: "L-F678F1CE",
    list: ["ec2", "describe-vpcs"],
    key: "Vpcs",
  },
  {
    type: "aws_eip",
    what: "Elastic IP addresses",
    service: "ec2",
    code: "L-0263D0A3",
    list: ["ec2", "describe-addresses"],
    key: "Addresses",
  },
];

function raise(account: Account, region: string, service: string, code: string, value: number): string {
  return `Ask for ${value} or more in the account ${account.id}, and wait until it is granted: aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${value}`;
}

function groupedByRegion(planned: readonly Planned[]): ReadonlyMap<string, readonly Planned[]> {
  const groups = new Map<string, Planned[]>();
  for (const resource of planned) groups.set(resource.region, [...(groups.get(resource.region) ?? []), resource]);
  return groups;
}

function placeOf(planned: readonly Planned[]): Pick<Obstacle, "stack" | "address"> {
  const [first] = planned;
  return { stack: first?.stack ?? "", ...(planned.length === 1 ? { address: first?.address } : {}) };
}

function quotaCheck({ type, what, service, code, list, key }: Quota): Check {
  return {
    types: [type],
    find: async (planned, account) => {
      const found = await Promise.all(
        [...groupedByRegion(planned)].map(async ([region, wanted]): Promise<readonly Obstacle[]> => {
          const listed = await settings<Record<string, readonly Record<string, unknown>[]>>(account, list, region);
          const there = listed[key] ?? [];
          const has = there.length;
          const limit = await quotaOf(account, region, service, code);
          const needed = has + wanted.length;
          if (needed <= limit) return [];
          return [
            {
              ...placeOf(wanted),
              what: `${what}: ${wanted.length} to be made and ${has} there, and the quota is ${limit} in ${region}`,
              advice: raise(account, region, service, code, needed),
            },
          ];
        }),
      );
      return found.flat();
    },
  };
}

/**
 * What every account has.
 * @throws UnansweredError when this one says that it has not
 */
async function settings<T>(account: Account, words: readonly string[], region: string): Promise<T> {
  const answer = await account.ask(words, region);
  if (answer === undefined) throw new UnansweredError(`aws ${words.join(" ")}`, "there is no such thing");
  return answer as T;
}

/** The quota as it was granted, else AWS's own. */
async function quotaOf(account: Account, region: string, service: string, code: string): Promise<number> {
  const words = ["--service-code", service, "--quota-code", code];
  const { Quota } =
    ((await account.ask(["service-quotas", "get-service-quota", ...words], region)) as GrantedQuota | undefined) ??
    (await settings<GrantedQuota>(account, ["service-quotas", "get-aws-default-service-quota", ...words], region));
  return Quota.Value;
}

interface GrantedQuota {
  readonly Quota: { readonly Value: number };
}

/** Reserved executions are taken from an account's quota, which is small in a new account. */
const CONCURRENCY: Check = {
  types: ["aws_lambda_function"],
  find: async (planned, account) => {
    const found = await Promise.all(
      [...groupedByRegion(planned)].map(async ([region, functions]): Promise<readonly Obstacle[]> => {
        const reserving = functions.filter(({ body }) => Number(body["reserved_concurrent_executions"] ?? -1) > 0);
        const wanted = reserving.reduce((sum, { body }) => sum + Number(body["reserved_concurrent_executions"]), 0);
        if (wanted === 0) return [];
        const { AccountLimit: limit = {} } = await settings<{
          readonly AccountLimit?: {
            readonly ConcurrentExecutions?: number;
            readonly UnreservedConcurrentExecutions?: number;
          };
        }>(account, ["lambda", "get-account-settings"], region);
        const { ConcurrentExecutions: all = 0, UnreservedConcurrentExecutions: free = 0 } = limit;
        if (free - wanted >= UNRESERVED) return [];
        const names = reserving.map(({ body }) => literal(body["function_name"])).join(", ");
        return [
          {
            ...placeOf(reserving),
            what: `${names} reserve ${wanted} executions of Lambda, of which ${free} are free and ${UNRESERVED} must stay so; the quota is ${all} in ${region}`,
            advice: raise(account, region, "lambda", "L-B99A9384", Math.max(1000, all - free + wanted + UNRESERVED)),
          },
        ];
      }),
    );
    return found.flat();
  },
};

/** What there may not be enough of. */
export const quotaChecks: readonly Check[] = [...QUOTAS.map(quotaCheck), CONCURRENCY];
