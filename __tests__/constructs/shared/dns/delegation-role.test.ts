import { DelegationRole, delegationRoleArn } from "../../../../constructs/shared/dns/delegation-role";
import { synth } from "../../../support";
import { statementsOf } from "../../stage1/dns/fixture";

const ADMINISTRATOR = "arn:aws:iam::444455556666:role/Administrator";
const ENVIRONMENT = {
  name: "dev",
  accountId: "444455556666",
  zone: "dev.opsdx.io",
  administrators: [ADMINISTRATOR],
};
const APEX = "arn:aws:route53:::hostedzone/ZAPEX";

describe("DelegationRole", () => {
  const stack = synth((scope) => {
    new DelegationRole(scope, "Delegation", { environment: ENVIRONMENT, apexZoneId: "ZAPEX" });
  });
  const policy = (name: string) => statementsOf(stack.one("aws_iam_policy", { name }).body["policy"]);
  const trust = (name: string) =>
    statementsOf(stack.one("aws_iam_role", { name }).body["assume_role_policy"])["EnvironmentAccount"];

  it("writes NS and DS records of the environment's own name, and nothing else", () => {
    expect(policy("opsdx-dns-delegation-dev")).toEqual({
      ReadApex: {
        Effect: "Allow",
        Action: ["route53:GetHostedZone", "route53:ListResourceRecordSets"],
        Resource: [APEX],
      },
      ChangeOwnDelegation: {
        Effect: "Allow",
        Action: ["route53:ChangeResourceRecordSets"],
        Resource: [APEX],
        Condition: {
          "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["dev.opsdx.io"],
            "route53:ChangeResourceRecordSetsRecordTypes": ["NS", "DS"],
            "route53:ChangeResourceRecordSetsActions": ["CREATE", "UPSERT", "DELETE"],
          },
          Null: {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": "false",
            "route53:ChangeResourceRecordSetsRecordTypes": "false",
            "route53:ChangeResourceRecordSetsActions": "false",
          },
        },
      },
      WaitForChange: { Effect: "Allow", Action: ["route53:GetChange"], Resource: ["arn:aws:route53:::change/*"] },
    });
  });

  it("reads without a right to change anything", () => {
    expect(Object.keys(policy("opsdx-dns-delegation-dev-read"))).toEqual(["ReadApex"]);
  });

  it("lets the environment's apply role and administrators write", () => {
    expect(trust("opsdx-dns-delegation-dev")).toEqual({
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Principal: { AWS: "arn:aws:iam::444455556666:root" },
      Condition: {
        ArnLike: {
          "aws:PrincipalArn": ["arn:aws:iam::444455556666:role/opsdx-ci-apply-dev", ADMINISTRATOR],
        },
      },
    });
  });

  it("lets the environment's plan role read, too, and not write", () => {
    expect(trust("opsdx-dns-delegation-dev-read")).toMatchObject({
      Condition: {
        ArnLike: {
          "aws:PrincipalArn": [
            "arn:aws:iam::444455556666:role/opsdx-ci-plan",
            "arn:aws:iam::444455556666:role/opsdx-ci-apply-dev",
            ADMINISTRATOR,
          ],
        },
      },
    });
  });

  it("attaches each policy to its own role", () => {
    for (const name of ["opsdx-dns-delegation-dev", "opsdx-dns-delegation-dev-read"]) {
      expect(
        stack.one("aws_iam_role_policy_attachment", {
          policy_arn: `\${${stack.one("aws_iam_policy", { name }).address}.arn}`,
        }).body["role"],
      ).toBe(`\${${stack.one("aws_iam_role", { name }).address}.name}`);
    }
  });

  it("breaks no policy rule", () => {
    expect(stack.findings()).toEqual([]);
  });
});

describe("delegationRoleArn", () => {
  it("is the reading role while planning and the writing role while applying", () => {
    expect(delegationRoleArn("111122223333", "dev")).toBe(
      '${terraform.applying ? "arn:aws:iam::111122223333:role/opsdx-dns-delegation-dev" : "arn:aws:iam::111122223333:role/opsdx-dns-delegation-dev-read"}',
    );
  });

  it("reaches the provider as it is", () => {
    const stack = synth((scope) => {
      scope.aliasedAws("Apex", {
        alias: "apex",
        owner: "global",
        account: { id: "111122223333", region: "us-east-1" },
        roleArn: delegationRoleArn("111122223333", "dev"),
      });
    });
    const { aws } = stack.json["provider"] as { aws: { alias?: string; assume_role?: { role_arn: string }[] }[] };
    expect(aws.find(({ alias }) => alias === "apex")?.assume_role?.[0]?.role_arn).toBe(
      delegationRoleArn("111122223333", "dev"),
    );
  });
});
