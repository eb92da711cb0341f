import { PeopleRoles } from "../../../constructs/global/people-roles";
import { synth } from "../../support";
import { statementsOf } from "../stage1/dns/fixture";

const BOUNDARY = "arn:aws:iam::444455556666:policy/opsdx-boundary";
const ARN = "arn:aws:iam::444455556666:role";
const rolesFor = (administrators?: readonly string[]) =>
  synth((scope) => {
    new PeopleRoles(scope, "People", {
      accountId: "444455556666",
      boundaryArn: BOUNDARY,
      principals: { administrators, readers: [`${ARN}/Reader`] },
    });
  });
const stack = rolesFor([`${ARN}/Admin`]);

describe("PeopleRoles", () => {
  it.each([
    ["opsdx-people-administrators", "Admin"],
    ["opsdx-people-readers", "Reader"],
  ])("%s is bounded, and taken on by those who are named", (name, role) => {
    const { body } = stack.one("aws_iam_role", { name });
    expect(body["permissions_boundary"]).toBe(BOUNDARY);
    expect(statementsOf(body["assume_role_policy"])["People"]).toEqual({
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Principal: { AWS: "arn:aws:iam::444455556666:root" },
      Condition: { ArnLike: { "aws:PrincipalArn": [`${ARN}/${role}`] } },
    });
  });

  it("gives the clusters' administrators no right in AWS", () => {
    const readers = stack.one("aws_iam_role", { name: "opsdx-people-readers" }).address;
    const attached = stack.ofType("aws_iam_role_policy_attachment").map(({ body }) => body["role"]);
    expect(attached).toEqual([`\${${readers}.name}`, `\${${readers}.name}`]);
    expect(stack.ofType("aws_iam_role_policy")).toEqual([]);
  });

  it("keeps readers from objects, secrets, logs and messages", () => {
    const policy = statementsOf(stack.one("aws_iam_policy", { name: "opsdx-people-readers" }).body["policy"]);
    expect(policy["NoObjectsNoSecrets"]).toEqual({
      Effect: "Deny",
      Action: ["kms:Decrypt", "s3:GetObject", "s3:GetObjectVersion"],
      Resource: ["*"],
    });
    expect((policy["NoData"] as { Action: string[] }).Action).toEqual(
      expect.arrayContaining(["secretsmanager:GetSecretValue", "logs:GetLogEvents", "sqs:ReceiveMessage"]),
    );
  });

  it("makes no administrators of clusters where there are none", () => {
    expect(
      rolesFor()
        .ofType("aws_iam_role")
        .map(({ body }) => body["name"]),
    ).toEqual(["opsdx-people-readers"]);
  });

  it("breaks no policy rule", () => {
    expect(stack.findings()).toEqual([]);
  });
});
