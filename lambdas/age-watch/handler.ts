import { AwsDates, type Dates } from "./dates";
import { checkSettings } from "./settings";

/** What a test gives instead of Lambda's surroundings. */
export interface Surroundings {
  /** The function's environment variables. */
  readonly environment: NodeJS.ProcessEnv;
  /** Writes a log line. */
  readonly write: (line: string) => void;
  /** The clock. */
  readonly now: () => number;
  /** What AWS knows. @default - AWS's APIs */
  readonly dates?: Dates;
}

/** What was seen, in full days. */
export interface Ages {
  /** Of each secret's current value. */
  readonly secrets: Readonly<Record<string, number>>;
  /** Secrets without a value. */
  readonly missing: readonly string[];
  /** Since each database's last restore test that succeeded, or since there is a plan for one. */
  readonly restoreTests: Readonly<Record<string, number>>;
}

const DAY_MS = 24 * 3600 * 1000;
/** How far back restore tests are looked for: further than the alarm's 35 days. */
const RESTORE_DAYS = 100;

/**
 * Writes how old each secret's value is, and how long ago each database was restored for a test, as metrics in log lines: CloudWatch's
 * alarms see seven days at most, a number has no such end. What could not be looked at does not keep the rest from being written.
 * @throws AggregateError when something could not be looked at
 */
export async function handle({ environment, write, now: clock, dates: given }: Surroundings): Promise<Ages> {
  const settings = checkSettings(environment);
  const dates = given ?? new AwsDates(settings.AWS_REGION);
  const now = clock();
  const days = (since: number): number => Math.max(0, Math.floor((now - since) / DAY_MS));
  const line = (values: Readonly<Record<string, number>>, dimension: Readonly<Record<string, string>> = {}): void =>
    write(metricLine(settings.METRIC_NAMESPACE, now, values, dimension));

  const secrets = async (): Promise<Pick<Ages, "secrets" | "missing">> => {
    const since = await Promise.all(
      settings.WATCHED.map(async (name) => [name, await dates.secretSince(name)] as const),
    );
    const ages = since.flatMap(([name, at]) => (at === undefined ? [] : [[name, days(at)] as const]));
    const missing = since.flatMap(([name, at]) => (at === undefined ? [name] : []));
    for (const [Secret, age] of ages) line({ SecretDays: age }, { Secret });
    line({ OldestSecretDays: Math.max(0, ...ages.map(([, age]) => age)), SecretsMissing: missing.length });
    return { secrets: Object.fromEntries(ages), missing };
  };
  const restoreTests = async (): Promise<Ages["restoreTests"]> => {
    const since = now - RESTORE_DAYS * DAY_MS;
    const { plannedSince, succeeded } = await dates.restoreTests(settings.RESTORE_TESTING_PLAN, since);
    const ages = settings.DATABASES.map((database) => {
      const own = succeeded.filter(({ of }) => of === database).map(({ at }) => at);
      return [
        database.split(":").at(-1) ?? database,
        days(own.length === 0 ? plannedSince : Math.max(...own)),
      ] as const;
    });
    for (const [Database, age] of ages) line({ RestoreTestDays: age }, { Database });
    line({ OldestRestoreTestDays: Math.max(0, ...ages.map(([, age]) => age)) });
    return Object.fromEntries(ages);
  };

  const [ofSecrets, ofTests] = await Promise.allSettled([secrets(), restoreTests()]);
  if (ofSecrets.status === "rejected" || ofTests.status === "rejected") {
    const reasons = [ofSecrets, ofTests].flatMap((look) =>
      look.status === "rejected" ? [look.reason as unknown] : [],
    );
    throw new AggregateError(reasons, `Could not look at everything: ${reasons.map(String).join("; ")}`);
  }
  line({ AgesChecked: 1 });
  return { ...ofSecrets.value, restoreTests: ofTests.value };
}

/**
 * A log line that CloudWatch makes metrics of.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function metricLine(
  namespace: string,
  now: number,
  values: Readonly<Record<string, number>>,
  dimension: Readonly<Record<string, string>>,
): string {
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [Object.keys(dimension)],
          Metrics: Object.keys(values).map((Name) => ({ Name, Unit: "None" })),
        },
      ],
    },
    event: "ages.checked",
    ...dimension,
    ...values,
  });
}

/** Lambda's entry point. The event says nothing that matters. */
export async function handler(): Promise<Ages> {
  // Past `console`, which Lambda would wrap: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  return await handle({ environment: process.env, write, now: Date.now });
}
