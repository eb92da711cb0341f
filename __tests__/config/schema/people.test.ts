import { problemsAfter } from "../support";

const faults = (people: unknown) =>
  problemsAfter({ "dev.people": people }).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

const person = { roleName: "AWSReservedSSO_Data_0123456789abcdef", username: "data", groups: ["opsdx:etl-operators"] };

const ROLE = "must be an IAM role name: 1 to 64 letters, digits and _ + = , . @ -, without a path";
const MACHINE =
  "must be a role that people assume: the roles of machines (opsdx-…, masters.…, nodes.…) are derived, and stand in no file";
const USERNAME = "must be 1 to 63 lower-case letters, digits and . _ @ - between them";

describe("people", () => {
  it("may be several, in several groups, or none", () => {
    const other = { ...person, roleName: "Admin", username: "admin@opsdx.io" };
    expect(faults([person, { ...other, groups: ["system:masters", "opsdx:readers"] }])).toEqual([]);
    expect(faults([])).toEqual([]);
  });

  it.each([
    ["the role that applies", "opsdx-ci-apply-dev"],
    ["the role that applies, misspelt", "opsdx-ci-aply-dev"],
    ["the role that applies in another environment", "opsdx-ci-apply-prod"],
    ["the role that plans", "opsdx-ci-plan"],
    ["a launcher", "opsdx-dev-etl-launcher"],
    ["another environment's launcher", "opsdx-prod-etl-launcher"],
    ["a machine's role in capitals", "OPSDX-ci-plan"],
    ["a control plane", "masters.k8s.dev.opsdx.io"],
    ["a node", "nodes.k8s.dev.opsdx.io"],
  ])("are not machines: %s", (_, roleName) => {
    expect(faults([{ ...person, roleName }])).toEqual([
      { path: "people.0.roleName", rule: MACHINE, nearest: undefined },
    ]);
  });

  it.each(["", "a b", "team/Admin", "arn:aws:iam::444455556666:role/Admin", "a".repeat(65)])(
    "assume a role that IAM has: not %j",
    (roleName) => {
      expect(faults([{ ...person, roleName }])).toEqual([
        { path: "people.0.roleName", rule: ROLE, nearest: undefined },
      ]);
    },
  );

  it.each(["", "system:admin", "{{SessionName}}", "Admin", "-a", "a".repeat(64)])("are not called %j", (username) => {
    expect(faults([{ ...person, username }])).toEqual([
      { path: "people.0.username", rule: USERNAME, nearest: undefined },
    ]);
  });

  it.each(["ci-apply", "ci-plan", "etl-launcher"])("are not called %s, as a machine is", (username) => {
    expect(faults([{ ...person, username }])).toEqual([
      {
        path: "people.0.username",
        rule: "must not be a machine's: ci-apply, ci-plan, etl-launcher",
        nearest: undefined,
      },
    ]);
  });

  it.each([
    ["opsdx:etl-operator", "opsdx:etl-operators"],
    ["system:master", "system:masters"],
    ["readers", "opsdx:readers"],
  ])("are not in the group %s, which nothing is granted to", (group, nearest) => {
    const found = faults([{ ...person, groups: [group] }]);
    expect(found).toEqual([
      { path: "people.0.groups.0", rule: expect.any(String) as string, nearest: JSON.stringify(nearest) },
    ]);
    expect(found[0]?.rule).toContain("opsdx:etl-launchers");
  });

  it("are in a group, and in none twice", () => {
    expect(faults([{ ...person, groups: [] }]).map(({ path }) => path)).toEqual(["people.0.groups"]);
    expect(faults([{ ...person, groups: ["opsdx:readers", "opsdx:readers"] }])).toEqual([
      { path: "people.0.groups", rule: "must name each group once", nearest: undefined },
    ]);
  });

  it("are told apart by role and by name, whatever the case", () => {
    expect(faults([person, { ...person, roleName: person.roleName.toUpperCase() }])).toEqual([
      {
        path: "people.1.roleName",
        rule: "must differ from people.0.roleName: a role is one user",
        nearest: undefined,
      },
      {
        path: "people.1.username",
        rule: "must differ from people.0.username: the audit log tells users apart by it",
        nearest: undefined,
      },
    ]);
  });

  it("stand in no cluster any more", () => {
    expect(problemsAfter({ "dev.clusters.k8s.identityMappings": [] }).map(({ path }) => path)).toEqual([
      "clusters.k8s.identityMappings",
    ]);
  });
});
