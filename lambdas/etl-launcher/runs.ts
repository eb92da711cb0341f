import type { Condition, Job, Pod } from "./kubernetes";

/** A run that the cluster gave up, or that never starts. */
export interface FailedRun {
  /** Name of its Job. */
  readonly job: string;
  /** Why, in Kubernetes' word: what its last pod says, or else its Job. */
  readonly reason: string;
  /** Why, in Kubernetes' sentence. @default - it said none */
  readonly message?: string;
  /** Exit code of its last try. @default - no container ended */
  readonly exitCode?: number;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** How long after an event the look that tells it comes at the earliest: what the API was told a moment ago, it may not yet say. */
export const SETTLE_MS = 60_000;
/** Time between two looks. */
export const LOOK_MS = 300_000;
/** How long a container may wait for its image, its secrets or its settings. */
const START_LIMIT_MS = 600_000;

/** Label of a pod that names its Job. @see https://kubernetes.io/docs/reference/labels-annotations-taints/#batch-kubernetes-io-job-name */
const JOB_LABEL = "batch.kubernetes.io/job-name";

/**
 * What a container waits for that comes with nobody's help. One that waits for a node is left out: the autoscaler may need its time.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/images/types.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kuberuntime/kuberuntime_container.go
 */
const STUCK = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ErrImagePull",
  "ImageInspectError",
  "ImagePullBackOff",
  "InvalidImageName",
  "RegistryUnavailable",
  "RunContainerError",
  "SignatureValidationFailed",
]);

/** What Kubernetes says of every container that ends, and tells nothing. */
const PLAIN_ENDS = new Set(["Completed", "Error"]);

/**
 * The runs that failed in the five minutes up to a minute before a look. Looks that follow each other every five minutes tell each run once, however late
 * they come: the moments are the API's own, and a Job is kept for hours.
 *
 * @param look - the scheduled moment of the look, in milliseconds since 1970
 */
export function failedRuns(jobs: readonly Job[], pods: readonly Pod[], look: number): readonly FailedRun[] {
  const end = look - SETTLE_MS;
  const isNew = (at: number): boolean => at > end - LOOK_MS && at <= end;
  return jobs
    .flatMap((job) => {
      const own = pods.filter(({ metadata }) => metadata.labels?.[JOB_LABEL] === job.metadata.name);
      return failure(job, own) ?? stuck(job, own) ?? [];
    })
    .filter(({ at }) => isNew(at));
}

function failure(job: Job, pods: readonly Pod[]): FailedRun | undefined {
  const failed = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
  if (failed === undefined) return undefined;
  const last = newest(pods);
  return {
    job: job.metadata.name,
    reason: (last && podReason(last)) ?? failed.reason ?? "Unknown",
    message: last?.status?.message ?? failed.message,
    exitCode: ended(last)?.exitCode,
    at: Date.parse(failed.lastTransitionTime ?? ""),
  };
}

/** A pod whose container cannot be made: told once, when its time is over, so that nobody waits for the Job's deadline. */
function stuck(job: Job, pods: readonly Pod[]): FailedRun | undefined {
  const last = newest(pods);
  const waiting = last?.status?.containerStatuses?.map(({ state }) => state?.waiting).find((state) => state);
  if (last === undefined || waiting?.reason === undefined || !STUCK.has(waiting.reason)) return undefined;
  return { job: job.metadata.name, reason: waiting.reason, message: waiting.message, at: made(last) + START_LIMIT_MS };
}

function podReason({ status }: Pod): string | undefined {
  const disrupted = status?.conditions?.find(
    ({ type, status: value }: Condition) => type === "DisruptionTarget" && value === "True",
  );
  const end = status?.containerStatuses?.map(({ state }) => state?.terminated?.reason ?? state?.waiting?.reason)[0];
  return status?.reason ?? disrupted?.reason ?? (end !== undefined && !PLAIN_ENDS.has(end) ? end : undefined);
}

const ended = (pod: Pod | undefined) => pod?.status?.containerStatuses?.map(({ state }) => state?.terminated)[0];
const made = ({ metadata }: Pod): number => Date.parse(metadata.creationTimestamp ?? "");
const newest = (pods: readonly Pod[]): Pod | undefined => [...pods].sort((a, b) => made(b) - made(a))[0];
