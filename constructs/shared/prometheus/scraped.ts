/** Label of a Service that Prometheus asks for numbers, at its port {@link SCRAPED_PORT}; the way in the service opens in its namespace. */
export const SCRAPED = { "opsdx.io/metrics": "prometheus" } as const;

/** Name of the port. */
export const SCRAPED_PORT = "prometheus";
