/**
 * Stream of a container's log: every hyphen becomes a `/`, so that the commands that people know still work, for example
 * `kubernetes/default/trews/rest/api`. Pods of one container share it: CloudWatch takes lines for a stream from many writers.
 * A pod's annotation may name another stream. `origin.lua` does the same on the nodes.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export function logStream(namespace: string, container: string, root = "kubernetes"): string {
  return `${root}/${`${namespace}/${container}`.replaceAll("-", "/")}`;
}
