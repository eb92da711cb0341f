import type { CheckedEvent } from "./event";
import { LaunchFailure } from "./failure";
import type { CronJob, EnvVar, Job } from "./kubernetes";
import { unexpanded } from "./literal-text";
import type { Slot } from "./slot";

/** Label by which an ETL's Jobs are found. */
export const ETL_LABEL = "etl";

/** Label that holds a Job's slot. */
export const SLOT_LABEL = "opsdx.io/slot";

/** The variables an event adds to an ETL's own. */
function eventVariables(event: CheckedEvent, slot: Slot): ReadonlyMap<string, string> {
  const variables = new Map(Object.entries(event.env ?? {}).map(([name, value]) => [name, unexpanded(value)] as const));
  variables.set("ETL_SLOT", slot.start);
  if (event.from !== undefined) variables.set("ETL_FROM", event.from);
  if (event.to !== undefined) variables.set("ETL_TO", event.to);
  return variables;
}

function merged(own: readonly EnvVar[], added: ReadonlyMap<string, string>): readonly EnvVar[] {
  const references = own.filter(({ name, valueFrom }) => valueFrom !== undefined && added.has(name));
  if (references.length > 0) {
    const names = references.map(({ name }) => name).join(", ");
    throw new LaunchFailure(
      "InvalidEvent",
      `env: ${names} is a reference in the template, which an event may not replace`,
    );
  }
  const kept = own.filter(({ name }) => !added.has(name));
  return [...kept, ...[...added].map(([name, value]) => ({ name, value }))];
}

/** The Job of a slot, made from the ETL's template as `kubectl create job --from=cronjob/<name>` makes it. */
export function jobFrom(template: CronJob, name: string, slot: Slot, event: CheckedEvent): Job {
  const { metadata, spec } = template.spec.jobTemplate;
  const variables = eventVariables(event, slot);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      labels: { ...metadata?.labels, [ETL_LABEL]: event.etl, [SLOT_LABEL]: slot.id },
      annotations: {
        ...metadata?.annotations,
        "cronjob.kubernetes.io/instantiate": "manual",
        "opsdx.io/scheduled-time": event.scheduledTime,
        ...(event.executionId !== undefined && { "opsdx.io/execution-id": event.executionId }),
        ...(event.attempt !== undefined && { "opsdx.io/attempt": `${event.attempt}` }),
      },
      // Without `controller`, or the CronJob's history limits would delete Jobs whose names still guard their slots, and without
      // `blockOwnerDeletion`, which needs a right on the CronJob: https://github.com/kubernetes/kubernetes/pull/91053
      ownerReferences: [
        { apiVersion: "batch/v1", kind: "CronJob", name: template.metadata.name, uid: template.metadata.uid },
      ],
    },
    spec: {
      ...spec,
      template: {
        ...spec.template,
        spec: {
          ...spec.template.spec,
          containers: spec.template.spec.containers.map((container) => ({
            ...container,
            env: merged(container.env ?? [], variables),
          })),
        },
      },
    },
  };
}

/**
 * Whether a Job still has, or will have, work: not only `status.active`, which is empty before the controller saw the Job and while
 * its pods are between two tries.
 */
export function isActive({ status }: Job): boolean {
  if ((status?.active ?? 0) > 0) return true;
  return !status?.conditions?.some(
    ({ type, status: value }) => ["Complete", "Failed"].includes(type) && value === "True",
  );
}
