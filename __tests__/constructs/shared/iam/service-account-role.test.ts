import { ServiceAccountRole } from "../../../../constructs/shared/iam/service-account-role";
import { synth } from "../../../support";

interface Document {
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

const stack = synth((scope) => {
  new ServiceAccountRole(scope, "Role", {
    name: "opsdx-dev-pump",
    description: "Pump",
    policyDescription: "What it pumps",
    cluster: {
      oidcIssuer: "https://discovery.example/k8s.dev.opsdx.io",
      oidcProviderArn: "arn:aws:iam::123456789012:oidc-provider/discovery.example/k8s.dev.opsdx.io",
    },
    serviceAccount: { namespace: "monitoring", name: "pump" },
    statements: [{ sid: "Pump", actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:us-east-1:123456789012:pump"] }],
  });
});

describe("ServiceAccountRole", () => {
  it("trusts one service account of one cluster, for tokens of kops' audience", () => {
    const trust = String(stack.one("aws_iam_role").body["assume_role_policy"]).replace(
      /\$\{trimprefix\("(.*?)", "(.*?)"\)\}/g,
      (_, text: string, prefix: string) => text.replace(prefix, ""),
    );
    expect((JSON.parse(trust) as Document).Statement).toEqual([
      {
        Sid: "ServiceAccount",
        Effect: "Allow",
        Action: ["sts:AssumeRoleWithWebIdentity"],
        Principal: { Federated: "arn:aws:iam::123456789012:oidc-provider/discovery.example/k8s.dev.opsdx.io" },
        Condition: {
          StringEquals: {
            "discovery.example/k8s.dev.opsdx.io:aud": "amazonaws.com",
            "discovery.example/k8s.dev.opsdx.io:sub": "system:serviceaccount:monitoring:pump",
          },
        },
      },
    ]);
  });

  it("allows what is asked for, in one managed policy", () => {
    const policy = stack.one("aws_iam_policy");
    expect((JSON.parse(String(policy.body["policy"])) as Document).Statement).toEqual([
      {
        Sid: "Pump",
        Effect: "Allow",
        Action: ["sqs:SendMessage"],
        Resource: ["arn:aws:sqs:us-east-1:123456789012:pump"],
      },
    ]);
    expect(stack.one("aws_iam_role_policy_attachment").body).toMatchObject({
      role: `\${${stack.one("aws_iam_role").address}.name}`,
      policy_arn: `\${${policy.address}.arn}`,
    });
    expect(stack.ofType("aws_iam_role_policy")).toEqual([]);
  });
});
