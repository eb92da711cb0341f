import { execFileSync } from "node:child_process";
import { loadConfig, type Config } from "../../../config/load";
import { peopleCommand } from "../../../tools/people/command";
import { profiles } from "../../../tools/people/profiles";
import { breakGlassTrust, setup, takeOnPolicy } from "../../../tools/people/setup";
import { withoutCopies } from "../../constructs/stage1/db/support";
import { statementsOf } from "../../constructs/stage1/dns/fixture";

const config = loadConfig();
const withGlobal = (changes: Partial<Config["global"]>): Config => ({
  ...config,
  global: { ...config.global, ...changes },
});

describe("opsdx people profiles", () => {
  it("signs administrators in to each account, and takes on what the clusters know", () => {
    const text = profiles(config, "administrators");
    expect(text).toMatch(/^\[sso-session opsdx\]\nsso_start_url = https:\/\/opsdx\.awsapps\.com\/start\n/);
    expect(text).toContain(
      [
        "[profile opsdx-dev]",
        "sso_session = opsdx",
        "sso_account_id = 444455556666",
        "sso_role_name = AdministratorAccess",
        "region = us-east-1",
        "",
        "[profile opsdx-dev-clusters]",
        "role_arn = arn:aws:iam::444455556666:role/opsdx-people-administrators",
        "source_profile = opsdx-dev",
        "region = us-east-1",
        "",
      ].join("\n"),
    );
    expect([...text.matchAll(/^\[profile (.*)\]$/gm)].map(([, name]) => name)).toEqual([
      "opsdx-global",
      "opsdx-global-read",
      ...["dev", "prod"].flatMap((env) => ["", "-clusters", "-etl", "-read"].map((end) => `opsdx-${env}${end}`)),
    ]);
  });

  it("gives operators of ETLs the environments, and readers every account", () => {
    const names = (kind: "etlOperators" | "readers") =>
      [...profiles(config, kind).matchAll(/^\[profile (.*)\]$/gm)].map(([, name]) => name);
    expect(names("etlOperators")).toEqual([
      "opsdx-dev-OpsdxEtlOperator",
      "opsdx-dev-etl",
      "opsdx-prod-OpsdxEtlOperator",
      "opsdx-prod-etl",
    ]);
    expect(names("readers").filter((name) => name?.endsWith("-read"))).toEqual([
      "opsdx-global-read",
      "opsdx-dev-read",
      "opsdx-prod-read",
    ]);
  });

  it("takes on the break-glass role with whatever credentials the shell has", () => {
    expect(profiles(config, "breakGlass").split("\n\n")[0]).toBe(
      [
        "[profile opsdx-dev-break-glass]",
        "role_arn = arn:aws:iam::444455556666:role/OrganizationAccountAccessRole",
        "credential_source = Environment",
        "region = us-east-1",
      ].join("\n"),
    );
  });

  it("says so where nobody of the kind has a permission set", () => {
    const people = { ...config.global.people, readers: [] };
    expect(() => profiles(withGlobal({ people }), "readers")).toThrow(
      "people.readers in config/global.ts names no permission set",
    );
  });
});

describe("opsdx people setup", () => {
  it("is text that a shell reads, whatever the names are", () => {
    const people = { ...config.global.people, readers: [{ permissionSet: "a+b=c,d@e" }] };
    const text = setup(withGlobal({ people }));
    expect(execFileSync("bash", ["-n"], { input: text }).toString()).toBe("");
    expect(text.split("\n").filter((line) => line.startsWith("SET=$("))).toHaveLength(3);
  });

  it("lets operators and readers take on their roles, and nothing else", () => {
    expect(statementsOf(takeOnPolicy(config, "etlOperators"))).toEqual({
      TakeOn: {
        Effect: "Allow",
        Action: ["sts:AssumeRole"],
        Resource: ["arn:aws:iam::*:role/opsdx-dev-etl-operator", "arn:aws:iam::*:role/opsdx-prod-etl-operator"],
      },
    });
    expect(statementsOf(takeOnPolicy(config, "readers"))["TakeOn"]).toMatchObject({
      Resource: ["arn:aws:iam::*:role/opsdx-people-readers"],
    });
  });

  it("lets global's administrators take on the break-glass role only where global is not the management account", () => {
    expect(Object.keys(statementsOf(breakGlassTrust(config)))).toEqual(["ManagementAccount", "People"]);
    expect(setup(config)).toContain("aws --profile opsdx-prod iam update-assume-role-policy");
    const same = withGlobal({ managementAccount: config.global.account.id });
    expect(Object.keys(statementsOf(breakGlassTrust(same)))).toEqual(["ManagementAccount"]);
    expect(setup(same)).not.toContain("update-assume-role-policy");
  });
});

describe("opsdx people setup, of backups", () => {
  const command = "backup update-global-settings --global-settings isCrossAccountBackupEnabled=true";

  it("lets the accounts of the organization copy backups to each other, where some are copied", () => {
    expect(setup(config)).toContain(command);
    expect(setup(config)).toContain("dev (444455556666) and prod (777788889999) are copied to global (111122223333)");
    const environments = config.environments.map((environment) => ({
      ...environment,
      databases: withoutCopies(environment.databases),
    }));
    expect(setup({ ...config, environments })).not.toContain(command);
  });
});

describe("opsdx people show", () => {
  it("names every kind with what it signs in as and takes on", async () => {
    const print = jest.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      await peopleCommand().parseAsync(["show"], { from: "user" });
      const text = String(print.mock.calls[0]?.[0]);
      for (const name of ["AdministratorAccess", "OpsdxEtlOperator", "opsdx-prod-etl-operator", "breakGlass"]) {
        expect(text).toContain(name);
      }
    } finally {
      print.mockRestore();
    }
  });
});
