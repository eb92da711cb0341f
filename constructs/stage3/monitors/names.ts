/** Name of the system: its page of the runbook, the service of its reader, the end of its dashboard's name. */
export const MONITORS = "monitors";

/** CloudWatch namespace of what the monitors measure. */
export const BEHAVIOR = "OpsDX/Behavior";
