/** What the DCGM exporter asks for, on each node that has GPUs. An estimate, until such a node has run for a day. */
export const DCGM_REQUESTS = { cpu: "50m", memory: "128Mi" } as const;
