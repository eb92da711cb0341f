/** What the program's own agents on every cluster ask for: their charts' values and the reckoning of room take it from here. */
export const AGENT_REQUESTS = {
  // Measured: 30 MB as a rule, 280 MB while it catches up after CloudWatch was away.
  "fluent-bit": { cpu: "50m", memory: "96Mi" },
  "event-reader": { cpu: "20m", memory: "64Mi" },
  headlamp: { cpu: "20m", memory: "96Mi" },
} as const;
