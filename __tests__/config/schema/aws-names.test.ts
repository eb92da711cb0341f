import { COMMON_RULES, ENDPOINT_SERVICES } from "../../../config/schema/aws-names";
import { problemsAfter, validInput } from "../support";

/** Path, rule and nearest value of every problem. */
const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

describe("rules of the web ACL", () => {
  const PATH = "dev.web.firewall.countedCommonRules";

  it("are those of AWS's common rule set", () => {
    expect(COMMON_RULES).toHaveLength(22);
    expect(faults({ [PATH]: COMMON_RULES })).toEqual([]);
  });

  it.each([
    ["SizeRestriction_BODY", "SizeRestrictions_BODY"],
    ["SizeRestrictions_Body", "SizeRestrictions_BODY"],
    ["CrossSiteScripting_COOKIES", "CrossSiteScripting_COOKIE"],
    ["SizeRestrictions_COOKIE_HEADER", "SizeRestrictions_Cookie_HEADER"],
  ])("refuse %s, which AWS would ignore", (name, nearest) => {
    expect(faults({ [PATH]: [name] })).toEqual([
      {
        path: "web.firewall.countedCommonRules.0",
        rule: "must be a rule of AWSManagedRulesCommonRuleSet: AWS ignores any other name",
        nearest: JSON.stringify(nearest),
      },
    ]);
    expect(faults({ [PATH]: [nearest] })).toEqual([]);
  });

  it("stand once in the list: AWS refuses two overrides of one rule", () => {
    expect(faults({ [PATH]: ["SizeRestrictions_BODY", "SizeRestrictions_BODY"] })).toEqual([
      { path: "web.firewall.countedCommonRules", rule: "must name each rule once", nearest: undefined },
    ]);
  });
});

describe("interface endpoints", () => {
  const PATH = "dev.network.interfaceEndpoints";

  it("are of services that have one", () => {
    expect(faults({ [PATH]: ENDPOINT_SERVICES })).toEqual([]);
    expect(new Set(ENDPOINT_SERVICES).size).toBe(ENDPOINT_SERVICES.length);
  });

  it.each([
    ["ecr.apii", "ecr.api"],
    ["ECR.API", "ecr.api"],
    ["secretmanager", "secretsmanager"],
    ["ssm-messages", "ssmmessages"],
  ])("are not of %s", (name, nearest) => {
    expect(faults({ [PATH]: ["logs", name] })).toContainEqual({
      path: "network.interfaceEndpoints.1",
      rule: "must be a service of ENDPOINT_SERVICES in config/schema/aws-names.ts, such as ecr.api",
      nearest: JSON.stringify(nearest),
    });
    expect(faults({ [PATH]: ["logs", "monitoring", nearest] })).toEqual([]);
  });
});

describe("container repositories", () => {
  const PATH = "global.containerRepositories";
  const own = validInput().global["containerRepositories"] as readonly string[];

  it.each(["tf-models/sepsis_v2", "a1", `a${"b".repeat(255)}`])("may be called %s", (name) => {
    expect(faults({ [PATH]: [...own, name] })).toEqual([]);
  });

  it.each(["a", `a${"b".repeat(256)}`, "1st", "Trews", "trews--etl", "trews/", "trews_.etl", ""])(
    "may not be called %j",
    (name) => {
      expect(faults({ [PATH]: [...own, name] })).toEqual([
        {
          path: `containerRepositories.${own.length}`,
          rule: "must be an ECR repository name: 2 to 256 lower-case letters, digits and single . _ / - between them, a letter first",
          nearest: undefined,
        },
      ]);
    },
  );
});

describe("the region", () => {
  const rule = "must be us-east-1, where Route 53 takes signing keys and writes query logs";

  it.each(["dev", "global"])("of %s is Route 53's", (file) => {
    expect(faults({ [`${file}.account.region`]: "us-west-2" })).toEqual([
      { path: "account.region", rule, nearest: '"us-east-1"' },
    ]);
  });

  it.each([
    ["prod.audit.replicaRegion", "audit.replicaRegion"],
    ["global.replicaRegion", "replicaRegion"],
  ])("of copies is one that every account has: %s", (place, path) => {
    expect(faults({ [place]: "ap-southeast-4" }).filter((fault) => fault.path === path)).toEqual([
      {
        path,
        rule: "must be a region that every account has from the start: until somebody enables this one, no copy arrives",
        nearest: '"ap-southeast-1"',
      },
    ]);
    expect(faults({ [place]: "ap-southeast-1" }).filter((fault) => fault.path === path)).toEqual([]);
  });

  it("alone is named where all zones follow it; put right by itself, it would leave them wrong", () => {
    const zones = { "us-west-2a": { slot: 0 }, "us-west-2b": { slot: 1 }, "us-west-2c": { slot: 2 } };
    const planes = Object.fromEntries(
      ["k8s", "k8s-ml", "k8s-ml-tf"].map((name) => [`dev.clusters.${name}.controlPlane.zones`, Object.keys(zones)]),
    );
    expect(faults({ "dev.account.region": "us-west-2", "dev.network.zones": zones, ...planes })).toEqual([
      { path: "account.region", rule, nearest: undefined },
    ]);
  });
});

describe("paths and names of checks", () => {
  it.each<[string, unknown, string]>([
    ["dev.web.healthPath", `/${"a".repeat(1024)}`, "must have at most 1024 characters"],
    ["dev.dns.healthChecks.web.path", `/${"a".repeat(255)}`, "must have at most 255 characters"],
    ["dev.web.metricNamespace", "AWS/Web", "must not start with AWS/, which belongs to AWS's own metrics"],
  ])("%s keeps to AWS's limits", (path, value, rule) => {
    expect(faults({ [path]: value }).map((fault) => fault.rule)).toEqual([rule]);
  });

  it("refuse a name from which no alarm's name can be made", () => {
    const check = { host: "trews.dev.opsdx.io", path: "/", live: true };
    expect(faults({ [`dev.dns.healthChecks.${"a".repeat(33)}`]: check }).map(({ rule }) => rule)).toEqual([
      "must be at most 32 lower-case letters, digits and hyphens (the name itself)",
    ]);
  });
});
