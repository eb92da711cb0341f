import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { Testing, type App } from "../../constructs/shared/cdktf";
import { BaseStack } from "../../stacks/base-stack";
import type { Deployment } from "../../stacks/deployment";
import { render, TEST_ACCOUNT } from "../support";

const CLOUD: Deployment = {
  kind: "cloud",
  stateBucket: "test-state",
  stateAccount: { id: "111122223333", region: "us-east-2" },
};
const SANDBOX = {
  kind: "sandbox",
  stateDirectory: "/srv/box/state",
  emulator: {
    endpoint: "http://127.0.0.1:5000",
    configFile: "/srv/box/aws/config",
    credentialsFile: "/srv/box/aws/credentials",
  },
} as const satisfies Deployment;

function stackIn(deployment: Deployment, build: (stack: BaseStack, app: App) => void = () => undefined) {
  const app = Testing.app({
    context: { excludeStackIdFromLogicalIds: "true", allowSepCharsInLogicalIds: "true" },
  });
  const stack = new BaseStack(app, "dev-stage1", { owner: "dev", account: TEST_ACCOUNT, deployment });
  build(stack, app);
  const { json } = render(stack);
  return {
    terraform: json["terraform"] as Record<string, unknown>,
    providers: (json["provider"] as { aws: Record<string, unknown>[] }).aws,
    json,
  };
}

const WEST = { alias: "west", owner: "dev", account: { id: TEST_ACCOUNT.id, region: "us-west-2" } } as const;

describe("BaseStack", () => {
  it.each([
    ["given", "arn:aws:iam::123456789012:policy/opsdx-boundary"],
    ["that the stack declares", () => "arn:aws:iam::123456789012:policy/opsdx-boundary"],
  ])("gives every role the boundary %s, except one that names its own", (_, rolesBoundary) => {
    const stack = new BaseStack(Testing.app(), "dev-stage1", {
      owner: "dev",
      account: TEST_ACCOUNT,
      deployment: CLOUD,
      rolesBoundary,
    });
    const role = { name: "a", assumeRolePolicy: "{}" };
    new IamRole(stack, "Bounded", role);
    new IamRole(stack, "Own", { ...role, name: "b", permissionsBoundary: "arn:aws:iam::123456789012:policy/own" });
    const { aws_iam_role: roles } = render(stack).json["resource"] as {
      aws_iam_role: Record<string, { name: string; permissions_boundary?: string }>;
    };
    expect(Object.fromEntries(Object.values(roles).map((body) => [body.name, body.permissions_boundary]))).toEqual({
      a: "arn:aws:iam::123456789012:policy/opsdx-boundary",
      b: "arn:aws:iam::123456789012:policy/own",
    });
  });

  it("keeps state encrypted and locked in the state bucket, under owner and stack", () => {
    expect(stackIn(CLOUD).terraform["backend"]).toEqual({
      s3: {
        bucket: "test-state",
        key: "dev/dev-stage1.tfstate",
        region: "us-east-2",
        encrypt: true,
        kms_key_id: "arn:aws:kms:us-east-2:111122223333:alias/opsdx-terraform-state",
        use_lockfile: true,
      },
    });
  });

  it("keeps state in a file in the sandbox", () => {
    expect(stackIn(SANDBOX).terraform["backend"]).toEqual({ local: { path: "/srv/box/state/dev-stage1.tfstate" } });
  });

  it("asks for the Terraform and the providers that it was written for", () => {
    const { terraform } = stackIn(CLOUD);
    expect(terraform["required_version"]).toBe(">= 1.10.0");
    expect(terraform["required_providers"]).toMatchObject({ aws: { version: "= 5.100.0" } });
  });

  it("works in its own account only, and tags what it makes", () => {
    expect(stackIn(CLOUD).providers).toEqual([
      {
        region: "us-east-1",
        allowed_account_ids: [TEST_ACCOUNT.id],
        default_tags: [
          { tags: { project: "opsdx", environment: "dev", stack: "dev-stage1", "managed-by": "terraform" } },
        ],
      },
    ]);
  });

  it("uses the account's profile in the sandbox, and nothing that only the emulator knows outside", () => {
    expect(stackIn(SANDBOX).providers[0]).toMatchObject({
      profile: "dev",
      s3_use_path_style: true,
      allowed_account_ids: [TEST_ACCOUNT.id],
    });
    expect(stackIn(CLOUD).providers[0]).not.toHaveProperty("profile");
  });

  it("names the emulator for every service, and its own keys, so that no environment can send the sandbox elsewhere", () => {
    const [provider = {}] = stackIn(SANDBOX, (stack) => void stack.aliasedAws("West", WEST)).providers;
    const [endpoints = {}] = provider["endpoints"] as Record<string, string>[];
    expect(new Set(Object.values(endpoints))).toEqual(new Set(["http://127.0.0.1:5000"]));
    expect(Object.keys(endpoints)).toEqual(
      expect.arrayContaining(["s3", "sts", "iam", "rds", "kms", "sso", "logs", "ec2"]),
    );
    expect(provider).toMatchObject({
      shared_config_files: ["/srv/box/aws/config"],
      shared_credentials_files: ["/srv/box/aws/credentials"],
    });
    for (const each of stackIn(SANDBOX, (stack) => void stack.aliasedAws("West", WEST)).providers) {
      expect(each["endpoints"]).toEqual([endpoints]);
    }
    expect(stackIn(CLOUD).providers[0]).not.toHaveProperty("endpoints");
  });

  it("reaches another account by a role, and in the sandbox by its profile", () => {
    const props = { ...WEST, owner: "global", roleArn: "arn:aws:iam::111122223333:role/delegation" };
    const cloud = stackIn(CLOUD, (stack) => void stack.aliasedAws("Other", props)).providers[1];
    expect(cloud).toMatchObject({ alias: "west", region: "us-west-2", assume_role: [{ role_arn: props.roleArn }] });
    expect(cloud).not.toHaveProperty("profile");
    const sandbox = stackIn(SANDBOX, (stack) => void stack.aliasedAws("Other", props)).providers[1];
    expect(sandbox).toMatchObject({ alias: "west", profile: "global" });
    expect(sandbox).not.toHaveProperty("assume_role");
  });

  it("assumes no role for another region of its own account", () => {
    expect(stackIn(CLOUD, (stack) => void stack.aliasedAws("West", WEST)).providers[1]).not.toHaveProperty(
      "assume_role",
    );
  });

  it("is read from its state file in the sandbox", () => {
    const { json } = stackIn(SANDBOX, (consumer, app) => {
      const producer = new BaseStack(app, "global", { owner: "global", account: TEST_ACCOUNT, deployment: SANDBOX });
      producer.remoteState(consumer);
    });
    expect(json["data"]).toEqual({
      terraform_remote_state: {
        GlobalState: { backend: "local", config: { path: "/srv/box/state/global.tfstate" } },
      },
    });
  });

  describe("a cluster's providers", () => {
    const cluster = (stack: BaseStack): void =>
      void stack.clusterProviders("k8s", {
        name: "k8s.dev.opsdx.io",
        apiEndpoint: "https://api.k8s.dev.opsdx.io",
        certificateAuthority: "Y2VydA==",
      });
    const providersIn = (deployment: Deployment) =>
      stackIn(deployment, cluster).json["provider"] as Record<"kubernetes" | "helm", Record<string, unknown>[]>;
    const token = {
      api_version: "client.authentication.k8s.io/v1beta1",
      command: "aws",
      args: '${concat(["eks","get-token","--cluster-name","k8s.dev.opsdx.io","--region","us-east-1","--output","json"], var.cluster_role == "" ? [] : ["--role-arn", var.cluster_role])}',
    };

    it("sign in as the clusters' administrators, whose role CI leaves out", () => {
      const { variable } = stackIn(CLOUD, (stack) => {
        cluster(stack);
      }).json as { variable: Record<string, { default: string }> };
      expect(variable["cluster_role"]?.default).toBe(
        `arn:aws:iam::${TEST_ACCOUNT.id}:role/opsdx-people-administrators`,
      );
    });

    it("know the rest from the configuration, and hold nothing that an apply of the stack makes known", () => {
      const { kubernetes, helm } = providersIn(CLOUD);
      const address = { host: "https://api.k8s.dev.opsdx.io", cluster_ca_certificate: '${base64decode("Y2VydA==")}' };
      expect(kubernetes).toEqual([{ alias: "k8s", ...address, exec: [token] }]);
      expect(helm).toEqual([{ alias: "k8s", helm_driver: "configmap", kubernetes: { ...address, exec: token } }]);
    });

    it("are those that the bindings were made for, or later", () => {
      expect(stackIn(CLOUD, cluster).terraform["required_providers"]).toMatchObject({
        kubernetes: { version: "= 2.38.0" },
        helm: { version: "= 3.1.2" },
      });
    });

    it("read the kubeconfig of the sandbox's own cluster, and are left out where there is none", () => {
      const clusters = { directory: "/srv/box/clusters", providers: ["kubernetes"] } as const;
      const { kubernetes, helm } = providersIn({ ...SANDBOX, clusters });
      expect(kubernetes).toEqual([
        { alias: "k8s", config_path: "/srv/box/clusters/k8s.dev.opsdx.io/admin.kubeconfig" },
      ]);
      expect(helm).toBeUndefined();
      expect(Object.keys(providersIn(SANDBOX))).toEqual(["aws"]);
    });
  });

  it("renders once: the policy check and Terraform read the same bytes", () => {
    stackIn(CLOUD, (stack) => {
      new SnsTopic(stack, "Topic", { name: "t" });
      stack.prepareStack();
      expect(stack.toTerraform()).toBe(stack.toTerraform());
    });
    expect.assertions(1);
  });
});
