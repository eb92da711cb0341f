import { loadConfig } from "../../config/load";
import { principalsOf } from "../../config/people";

const { global } = loadConfig();
const ROLE = "arn:aws:iam::444455556666:role";
const SSO = `${ROLE}/aws-reserved/sso.amazonaws.com`;

describe("principalsOf", () => {
  it("knows a permission set by its name and sixteen characters of chance, with and without the region in the path", () => {
    expect(principalsOf(global, "administrators", "444455556666")).toEqual([
      `${SSO}/AWSReservedSSO_AdministratorAccess_????????????????`,
      `${SSO}/us-east-1/AWSReservedSSO_AdministratorAccess_????????????????`,
      `${ROLE}/OrganizationAccountAccessRole`,
    ]);
  });

  it("lets administrators and the break-glass role do what the others do", () => {
    expect(principalsOf(global, "readers", "444455556666")).toEqual([
      `${SSO}/AWSReservedSSO_OpsdxReader_????????????????`,
      `${SSO}/us-east-1/AWSReservedSSO_OpsdxReader_????????????????`,
      ...principalsOf(global, "administrators", "444455556666"),
    ]);
  });

  it("knows a role by its name", () => {
    const people = { ...global.people, administrators: [{ role: "Admin" }] };
    expect(principalsOf({ ...global, people }, "administrators", "444455556666")).toEqual([
      `${ROLE}/Admin`,
      `${ROLE}/OrganizationAccountAccessRole`,
    ]);
  });
});
