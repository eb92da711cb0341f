/** An object of a cluster, of any kind. */
export interface KubernetesObject {
  /** Group and version of the kind, for example `batch/v1`. */
  readonly apiVersion: string;
  /** Kind, for example `CronJob`. */
  readonly kind: string;
  /** What every object has. */
  readonly metadata: {
    readonly name: string;
    /** Namespace. @default - none: a kind of the whole cluster; of what a chart renders, the release's */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** What the kind has beside these, `spec` above all. */
  readonly [field: string]: unknown;
}
