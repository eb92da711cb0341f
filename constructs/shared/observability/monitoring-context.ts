/** How urgent an alarm is: `page` wakes someone, `ticket` waits for the next working day. */
export type Severity = "page" | "ticket";

/** A threshold that an environment's configuration sets instead of the construct's. */
export interface ChosenThreshold {
  /** The threshold, in the metric's unit. */
  readonly value: number;
  /** Why. @default - none: it is no weaker than what AWS recommends */
  readonly reason?: string;
}

/** Chosen thresholds by the alarm's name after the environment's prefix. */
export type ChosenThresholds = Readonly<Record<string, ChosenThreshold>>;

/** What alarms and log groups need: made by `Monitoring` in one stack, handed to others as exports. */
export interface MonitoringContext {
  /** Name of the environment, or `global`. */
  readonly environment: string;
  /** Start of every name, for example `opsdx-dev`. */
  readonly namePrefix: string;
  /** ARN of the topic of each severity. */
  readonly topics: Readonly<Record<Severity, string>>;
  /** ARN of the key that encrypts log groups. */
  readonly logKeyArn: string;
  /** ARN of the key that encrypts the topics: who publishes to one must be allowed to use it. */
  readonly topicKeyArn: string;
  /** Retention of log groups in days. */
  readonly retention: { readonly auditDays: number; readonly logDays: number };
  /** Address of the runbook's folder. */
  readonly runbookUrl: string;
  /** Address of Grafana. @default - the environment has none */
  readonly grafanaUrl?: string;
  /** Thresholds that the configuration sets, by alarm. */
  readonly thresholds: ChosenThresholds;
}
