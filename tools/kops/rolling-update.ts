import type { PlannedChange } from "../terraform/events";

/** Actions of a plan that leave running nodes on an older version of their launch template. */
const CHANGES = ["update", "replace"];

/**
 * What people must know about a plan that changes launch templates: running nodes keep what they were started with.
 * @param changes - what the plan would change, or an apply has changed
 */
export function rollingUpdateNotice(changes: readonly PlannedChange[]): string | undefined {
  const templates = changes.filter(
    ({ address, action }) => address.startsWith("aws_launch_template.") && CHANGES.includes(action),
  );
  if (templates.length === 0) return undefined;
  return [
    `${templates.length === 1 ? "A launch template changes" : `${templates.length} launch templates change`}: a rolling update is needed, for running nodes keep what they were started with.`,
    ...templates.map(({ address, action }) => `  ${action} ${address}`),
    "In its order, control planes first: npx opsdx kops upgrade <env> <cluster>",
  ].join("\n");
}
