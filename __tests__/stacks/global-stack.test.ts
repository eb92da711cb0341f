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
    const boundary = stack.one("aws_iam_policy", { name: "opsdx-boundary", provider: undefined });
    const own = stack.ofType("aws_iam_role").filter(({ body }) => body["provider"] === undefined);
    expect(own.map(({ body }) => body["name"])).toEqual(
      expect.arrayContaining(["opsdx-ci-plan", "opsdx-ci-push", "opsdx-terraform-state-replication"]),
    );
    for (const { body } of own) expect(body["permissions_boundary"]).toBe(`\${${boundary.address}.arn}`);
  });

  test("puts each environment account's own boundary on the roles there", () => {
    for (const { name } of config.environments) {
      const provider = `aws.${name}`;
      const boundary = stack.one("aws_iam_policy", { name: "opsdx-boundary", provider });
      const roles = stack.ofType("aws_iam_role").filter(({ body }) => body["provider"] === provider);
      expect(roles.map(({ body }) => body["permissions_boundary"])).toEqual(
        roles.map(() => `\${${boundary.address}.arn}`),
      );
      expect(roles).toHaveLength(2);
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
    expect(variable["member_role"]?.default).toBe(config.global.memberAdminRole);
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
