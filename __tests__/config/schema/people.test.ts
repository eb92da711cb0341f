import { problemsAfter } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ file, path, rule }) => ({ file, path, rule }));
const inGlobal = (path: string, rule: string) => ({ file: "config/global.ts", path, rule });

const ROLE = "must be an IAM role name: 1 to 64 letters, digits and _ + = , . @ -, without a path";
const OWN =
  "must be a role that people sign in as: those of this program and of kops (opsdx-…, masters.…, nodes.…) stand in no file";

describe("people", () => {
  it("may be several of a kind, by permission set or by role, and none but administrators", () => {
    const administrators = [{ permissionSet: "AdministratorAccess" }, { role: "Admin" }];
    expect(faults({ "global.people.administrators": administrators })).toEqual([]);
    expect(faults({ "global.people.etlOperators": [], "global.people.readers": [] })).toEqual([]);
    expect(faults({ "global.people.administrators": [] }).map(({ path }) => path)).toEqual(["people.administrators"]);
  });

  it.each([
    ["the role that applies", "opsdx-ci-apply-dev", OWN],
    ["a role that people take on", "opsdx-people-administrators", OWN],
    ["a machine's role in capitals", "OPSDX-ci-plan", OWN],
    ["a control plane", "masters.k8s.dev.opsdx.io", OWN],
    ["a node", "nodes.k8s.dev.opsdx.io", OWN],
    ["nothing", "", ROLE],
    ["two words", "a b", ROLE],
    ["a path", "team/Admin", ROLE],
    ["an ARN", "arn:aws:iam::444455556666:role/Admin", ROLE],
    ["too long", "a".repeat(65), ROLE],
  ])("do not sign in as %s", (_, role, rule) => {
    expect(faults({ "global.people.breakGlass.role": role })).toEqual([inGlobal("people.breakGlass.role", rule)]);
  });

  it("are named by their permission set, not by the role that Identity Center makes of it", () => {
    expect(faults({ "global.people.breakGlass.role": "AWSReservedSSO_Admin_0123456789abcdef" })).toEqual([
      inGlobal(
        "people.breakGlass.role",
        "must not be a role of IAM Identity Center, whose name ends in chance: name its permission set, { permissionSet: … }",
      ),
    ]);
    for (const way of [{ permissionSet: "a".repeat(33) }, { permissionSet: "a b" }, {}, "Admin"]) {
      expect(faults({ "global.people.readers": [way] }).map(({ path }) => path.split(".").slice(0, 3))).toEqual([
        ["people", "readers", "0"],
      ]);
    }
  });

  it("sign in as one kind only", () => {
    const twice = [{ permissionSet: "administratorACCESS" }];
    expect(faults({ "global.people.readers": twice })).toEqual([
      inGlobal(
        "people.readers.0.permissionSet",
        "must differ from people.administrators.0: a way to sign in belongs to one kind of people",
      ),
    ]);
  });

  it("have an Identity Center where they use a permission set", () => {
    expect(faults({ "global.identityCenter": undefined })).toEqual([
      inGlobal("identityCenter", "is required where people sign in with a permission set, such as AdministratorAccess"),
    ]);
    const byRole = {
      "global.people.administrators": [{ role: "Admin" }],
      "global.people.etlOperators": [],
      "global.people.readers": [],
    };
    expect(faults({ ...byRole, "global.identityCenter": undefined })).toEqual([]);
  });
});

describe("the account that manages the organization", () => {
  it("may be global's", () => {
    expect(faults({ "global.managementAccount": "111122223333" })).toEqual([]);
  });

  it("is no environment's: Organizations makes no break-glass role there", () => {
    expect(faults({ "global.managementAccount": "444455556666" })).toEqual([
      {
        file: "config/environments/dev.ts",
        path: "account.id",
        rule: "must differ from global's managementAccount: no environment runs in the account that manages the organization",
      },
    ]);
  });
});
