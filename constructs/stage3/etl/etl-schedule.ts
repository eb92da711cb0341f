/**
 * What the launcher gets. The scheduler fills in the attributes.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function scheduledEvent(etl: string): string {
  return JSON.stringify({
    etl,
    scheduledTime: "<aws.scheduler.scheduled-time>",
    executionId: "<aws.scheduler.execution-id>",
    attempt: "<aws.scheduler.attempt-number>",
  });
}

/** What the launcher gets to have a look at the runs that ended in the five minutes before. */
export function lookEvent(etl: string): string {
  return JSON.stringify({ etl, look: "<aws.scheduler.scheduled-time>" });
}
