/** Name of the system: its namespace, its service account, and its page of the runbook. */
export const LOAD = "load";

/** Template of the Jobs that are runs; start of their names, before the run's own. */
export const TEMPLATE = "load-run";

/** ConfigMap of the test and of a plan for each profile, and the folder in which a pod finds it. */
export const TEST = { configMap: "load-test", folder: "/load" } as const;

/** Kubernetes Secret of what the test asks with, and the folder in which a pod finds it. */
export const SECRETS = { name: "load-secrets", folder: "/secrets" } as const;

/** Name of Locust's page: its release, and the setting that says its host. */
export const LOCUST = "locust";

/** Folder in which a run leaves what it saw; both containers of its pod see it. */
export const OUT = "/tmp/out";

/** What a run is told: its profile, and its name below `load/` in the bucket. */
export const RUN_VARIABLES = { profile: "LOAD_PROFILE", run: "LOAD_RUN" } as const;

/** Prefix of runs in the bucket of exercises. */
export const PREFIX = "load/";

/** File of a profile's plan, beside the test. */
export function planFile(profile: string): string {
  return `plan-${profile}.json`;
}

/** Name of a run's Job. */
export function jobName(run: string): string {
  return `load-${run}`;
}
