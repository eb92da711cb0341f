import { networkSchema, type NetworkConfig } from "../../../config/schema/network";

const network: NetworkConfig = {
  cidr: "10.0.0.0/16",
  zones: { "us-east-1a": { slot: 0 }, "us-east-1c": { slot: 1 } },
  subnets: {
    utility: { prefix: 22, first: "10.0.0.0" },
    node: { prefix: 19, first: "10.0.32.0" },
    master: { prefix: 24, first: "10.0.128.0" },
    db: { prefix: 24, first: "10.0.136.0" },
  },
  nat: "single",
  interfaceEndpoints: ["ecr.api", "logs"],
  natPacketsDropThreshold: 100,
  endpointPacketsDropThreshold: 10,
};

const problems = (change: Partial<Record<keyof NetworkConfig, unknown>>): string[] =>
  (networkSchema.safeParse({ ...network, ...change }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

describe("networkSchema", () => {
  it("takes a sound network", () => {
    expect(problems({})).toEqual([]);
    expect(problems({ interfaceEndpoints: [], endpointPacketsDropThreshold: 0, nat: "per-az" })).toEqual([]);
  });

  it.each(["s3", "dynamodb"])("refuses an interface endpoint for %s, which has a free gateway", (service) => {
    expect(problems({ interfaceEndpoints: ["logs", service] })).toEqual([
      "interfaceEndpoints.1: must be left out: it has a gateway endpoint already, which is free",
    ]);
  });

  it("refuses a service named twice, whose second endpoint AWS would refuse for its DNS name", () => {
    expect(problems({ interfaceEndpoints: ["logs", "logs"] })).toEqual([
      "interfaceEndpoints: must name each service once",
    ]);
  });

  it("refuses a malformed service name", () => {
    expect(problems({ interfaceEndpoints: ["com.amazonaws/logs"] })).toEqual([
      "interfaceEndpoints.0: must be a service of ENDPOINT_SERVICES in config/schema/aws-names.ts, such as ecr.api",
    ]);
  });

  it.each([
    { natPacketsDropThreshold: 0 },
    { endpointPacketsDropThreshold: -1 },
    { endpointPacketsDropThreshold: 0.5 },
    { nat: "none" },
    { zones: { "us-east-1a": { slot: 16 } } },
  ])("refuses %j", (change) => {
    expect(problems(change)).toHaveLength(1);
  });
});
