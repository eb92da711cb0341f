import { loadConfig } from "../../config/load";
import { Testing } from "../../constructs/shared/cdktf";
import { SYSTEM_METADATA, type SystemFacts } from "../../constructs/shared/observability/system";
import { GlobalStack } from "../../stacks/global-stack";
import { render } from "../support";

const config = loadConfig();
const global = new GlobalStack(
  Testing.app({ context: { excludeStackIdFromLogicalIds: "true", allowSepCharsInLogicalIds: "true" } }),
  "global",
  {
    config: config.global,
    environments: config.environments,
    deployment: {
      kind: "cloud",
      stateBucket: config.global.buckets.terraformState,
      stateAccount: config.global.account,
    },
  },
);
const stack = render(global);

describe("GlobalStack", () => {
  test("puts a permissions boundary on every role of its own account", () => {
    const boundary = (name: string) => stack.one("aws_iam_policy", { name, provider: undefined }).address;
    const own = stack.ofType("aws_iam_role").filter(({ body }) => body["provider"] === undefined);
    expect(own.map(({ body }) => body["name"])).toEqual(
      expect.arrayContaining(["opsdx-ci-plan", "opsdx-terraform-state-replication"]),
    );
    for (const { body } of own) {
      const expected = body["name"] === "opsdx-ci-plan" ? "opsdx-ci-boundary" : "opsdx-boundary";
      expect(body["permissions_boundary"]).toBe(`\${${boundary(expected)}.arn}`);
    }
  });

  test("puts each environment account's own boundaries on the roles there", () => {
    for (const { name } of config.environments) {
      const provider = `aws.${name}`;
      const boundary = (policy: string) => `\${${stack.one("aws_iam_policy", { name: policy, provider }).address}.arn}`;
      const roles = stack.ofType("aws_iam_role").filter(({ body }) => body["provider"] === provider);
      expect(roles.map(({ body }) => [body["name"], body["permissions_boundary"]])).toEqual([
        ["opsdx-ci-plan", boundary("opsdx-ci-boundary")],
        [`opsdx-ci-apply-${name}`, boundary("opsdx-ci-boundary")],
        ["opsdx-people-administrators", boundary("opsdx-boundary")],
        ["opsdx-people-readers", boundary("opsdx-boundary")],
      ]);
    }
  });

  test("makes an apply role in each environment's account, and none in its own", () => {
    const apply = stack
      .ofType("aws_iam_role")
      .filter(({ body }) => String(body["name"]).startsWith("opsdx-ci-apply-"))
      .map(({ body }) => [body["name"], body["provider"]]);
    expect(apply).toEqual(config.environments.map(({ name }) => [`opsdx-ci-apply-${name}`, `aws.${name}`]));
  });

  test("reaches the environments' accounts through a role that CI replaces by one that only reads", () => {
    const { variable, provider } = stack.json as {
      variable: Record<string, { default: string }>;
      provider: { aws: { alias?: string; assume_role?: { role_arn: string }[] }[] };
    };
    expect(variable["member_role"]?.default).toBe("OrganizationAccountAccessRole");
    const roles = provider.aws.flatMap(({ alias, assume_role: assumed = [] }) =>
      assumed.map(({ role_arn: arn }) => [alias, arn]),
    );
    expect(roles).toEqual(
      config.environments.map(({ name, account }) => [name, `arn:aws:iam::${account.id}:role/\${var.member_role}`]),
    );
  });

  test("knows the clusters of every environment by their full names", () => {
    const filters = stack
      .ofType("aws_s3_bucket_metric")
      .map(({ body }) => (body["filter"] as { prefix: string }).prefix);
    expect(filters).toEqual(
      config.environments.flatMap(({ clusters, dns }) =>
        Object.keys(clusters).map((cluster) => `${cluster}.${dns.zone}/backups/etcd/main/`),
      ),
    );
  });

  test("hands on every shared bucket, key and repository as a readable output", () => {
    const outputs = (stack.json["output"] ?? {}) as Record<string, { sensitive?: boolean }>;
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining([
        "terraform_state",
        "kops_state",
        "oidc_discovery",
        "elb_access_logs",
        "clarity_staging",
        "container_registry",
      ]),
    );
    for (const { sensitive } of Object.values(outputs)) expect(sensitive).not.toBe(true);
    expect(Object.keys(global.exports.containerRegistry.urls)).toEqual(config.global.containerRepositories);
  });

  test("audits its own account as the environments audit theirs, and its record is evidence", () => {
    const own = stack.ofType("aws_cloudtrail", "aws_guardduty_detector", "aws_config_configuration_recorder_status");
    expect(own.map(({ type, body }) => [type, body["provider"]])).toEqual([
      ["aws_cloudtrail", undefined],
      ["aws_guardduty_detector", undefined],
      ["aws_config_configuration_recorder_status", undefined],
    ]);
    expect(stack.one("aws_s3_bucket_object_lock_configuration", { provider: undefined }).body["rule"]).toEqual({
      default_retention: { mode: "COMPLIANCE", years: 7 },
    });
    expect(stack.one("aws_s3_bucket_object_lock_configuration", { provider: "aws.replica" }).body["rule"]).toEqual({
      default_retention: { mode: "COMPLIANCE", years: 7 },
    });
  });

  test("records every access to PHI, state and cluster keys, and every write of the clusters' public keys", () => {
    const { buckets } = config.global;
    interface Selector {
      readonly field_selector: readonly Readonly<Record<string, unknown>>[];
    }
    const selectors = stack.one("aws_cloudtrail").body["advanced_event_selector"] as readonly Selector[];
    const watched = selectors.slice(1).map(({ field_selector: fields }) => ({
      arns: fields.find(({ field }) => field === "resources.ARN")?.["starts_with"],
      writesOnly: fields.some(({ field }) => field === "readOnly"),
    }));
    const names = (...list: readonly string[]): string[] => list.map((name) => `arn:aws:s3:::${name}/`);
    expect(watched).toEqual([
      { arns: names(buckets.clarityStaging), writesOnly: false },
      {
        arns: names(buckets.terraformState, `${buckets.terraformState}-replica`, buckets.kopsState),
        writesOnly: false,
      },
      { arns: names(buckets.oidcDiscovery), writesOnly: true },
    ]);
    const made = stack.ofType("aws_s3_bucket").map(({ body }) => String(body["bucket"]));
    for (const { arns } of watched) {
      for (const arn of arns as readonly string[]) expect(made).toContain(arn.slice("arn:aws:s3:::".length, -1));
    }
  });

  test("names the saved query that tells who touched an object in every text that sends people there", () => {
    const query = "opsdx-global/audit/objects read and written";
    expect(stack.one("aws_cloudwatch_query_definition", { name: query }).body["query_string"]).toContain(
      "s3.amazonaws",
    );
    const texts = global.node
      .findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type === SYSTEM_METADATA))
      .map(({ data }) => data as SystemFacts);
    const naming = texts.filter(({ logs }) => JSON.stringify(logs).includes(query)).map(({ name }) => name);
    expect(naming.sort()).toEqual(["clarity-staging", "kops-state", "terraform-state"]);
  });

  test("keeps log bucket and account defaults where the audit took them over", () => {
    const moved = (stack.json["moved"] ?? []) as readonly { readonly from: string; readonly to: string }[];
    expect(moved).toEqual(
      expect.arrayContaining([
        {
          from: expect.stringMatching(/^aws_s3_bucket\.AccessLogs_Bucket_/) as string,
          to: expect.stringMatching(/^aws_s3_bucket\.Audit_AccessLogs_Bucket_/) as string,
        },
        {
          from: "aws_kms_key.AccountDefaults_EbsKey_84FF20AA",
          to: expect.stringMatching(/^aws_kms_key\.Audit_Defaults_EbsKey_/) as string,
        },
      ]),
    );
    expect(stack.one("aws_s3_bucket", { bucket: `opsdx-global-access-logs-${config.global.account.id}` }).path).toBe(
      "global/Audit/AccessLogs/Bucket/Resource",
    );
  });

  test("describes each of its systems once", () => {
    const names = global.node
      .findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type === SYSTEM_METADATA))
      .map(({ data }) => (data as SystemFacts).name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        "terraform-state",
        "kops-state",
        "oidc-discovery",
        "elb-access-logs",
        "clarity-staging",
        "container-registry",
        "ci",
      ]),
    );
  });

  test("leaves no policy finding open", () => {
    expect(stack.findings().filter(({ acknowledged }) => acknowledged === undefined)).toEqual([]);
  });
});
