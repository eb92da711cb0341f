import { mkdirSync, writeFileSync } from "node:fs";
import type * as AskModule from "../../../tools/ask";
import path from "node:path";
import { zipSync } from "fflate";
import { SandboxPaths } from "../../../stacks/sandbox/paths";
import {
  findToolchain,
  ToolchainError,
  type FindToolchainProps,
  type Toolchain,
} from "../../../tools/sandbox/toolchain";
import { terraformPlatform } from "../../../tools/terraform/providers";
import { fakeBin, freshPaths, temporaryFolder } from "./support";

// A program that hangs is not waited for as long as a person would.
jest.mock("../../../tools/ask", () => {
  const actual = jest.requireActual<typeof AskModule>("../../../tools/ask");
  const ask: typeof actual.ask = (file, args, options) => actual.ask(file, args, { ...options, limit: 2_000 });
  return { ...actual, ask };
});

const folder = temporaryFolder();
const PROVIDER = "mirror/registry.terraform.io/hashicorp/aws/5.100.0";
mkdirSync(path.join(folder, PROVIDER, terraformPlatform()), { recursive: true });

const terraform = (version: string) => `#!/bin/sh\necho '{"terraform_version":"${version}"}'\n`;
const python = (facts: { python?: string; moto?: string | null; venv?: boolean }) =>
  `#!/bin/sh\necho '${JSON.stringify({ python: "3.12.1", moto: null, venv: true, ...facts })}'\n`;
const GOOD = { terraform: terraform("1.11.4"), python3: python({ moto: "5.2.5" }) };

function check(scripts: Readonly<Record<string, string>>, props: Partial<FindToolchainProps> = {}): Promise<Toolchain> {
  return findToolchain({
    paths: freshPaths(folder),
    env: { PATH: fakeBin(folder, scripts), XDG_CACHE_HOME: folder, TF_CLI_CONFIG_FILE: "/absent" },
    mirrorCandidates: [path.join(folder, "mirror")],
    registryAnswers: () => Promise.resolve(false),
    ...props,
  });
}

async function problems(scripts: Readonly<Record<string, string>>, props: Partial<FindToolchainProps> = {}) {
  const error: unknown = await check(scripts, props).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ToolchainError)) throw new Error(`expected a ToolchainError, received ${String(error)}`);
  return error;
}

describe("a machine that has everything", () => {
  it("passes, and says where things are", async () => {
    const tools = await check(GOOD);
    expect(tools.moto).toMatchObject({ command: "python3", moto: "5.2.5" });
    expect(tools.mirrors.map(({ providers }) => providers)).toEqual([{ "hashicorp/aws": ["5.100.0"] }]);
  });

  it("passes with a Python that can install the emulator, and without a mirror when the registry answers", async () => {
    const scripts = { ...GOOD, python3: python({ moto: "5.0.0" }) };
    const tools = await check(scripts, { mirrorCandidates: [], registryAnswers: () => Promise.resolve(true) });
    expect(tools.moto).toBeUndefined();
    expect(tools.installer).toMatchObject({ command: "python3", python: "3.12.1" });
  });

  it("uses the interpreter behind moto_server when the plain one lacks the emulator", async () => {
    const other = path.join(fakeBin(folder, { python: python({ moto: "5.2.5" }) }), "python");
    const scripts = { ...GOOD, python3: python({}), moto_server: `#!${other}\n` };
    expect((await check(scripts)).moto).toMatchObject({ command: other });
  });

  it("leaves the choice of providers to a user's own configuration that makes it", async () => {
    const file = path.join(folder, "own.tfrc");
    writeFileSync(file, "provider_installation {\n  network_mirror {}\n}\n");
    const env = { PATH: fakeBin(folder, GOOD), TF_CLI_CONFIG_FILE: file };
    expect((await check(GOOD, { env, mirrorCandidates: [] })).ownCliConfig?.file).toBe(file);
  });
});

describe("problems", () => {
  it("come all at once, each with what, where, rule, value and what to do", async () => {
    const error = await problems({}, { mirrorCandidates: [] });
    expect(error.problems.map(({ what }) => what)).toEqual(["terraform", "python3", "AWS provider"]);
    expect(error.message).toMatch(/^The sandbox cannot start: 3 problems\. Nothing was changed\./);
    expect(error.message).toContain(
      "terraform (PATH): version 1.10.0 or newer must be on the PATH; found none that starts.\n    → install it from https://",
    );
    for (const { where, rule, found, fix } of error.problems) {
      expect([where, rule, found, fix].filter((part) => part.length < 4)).toEqual([]);
    }
  });

  it("name a terraform that hangs", async () => {
    const error = await problems({ ...GOOD, terraform: "#!/bin/sh\n/bin/sleep 300\n" });
    expect(error.problems).toMatchObject([{ what: "terraform", found: "one that does not answer within 2 s" }]);
  });

  it("name a Python that hangs", async () => {
    await expect(check({ ...GOOD, python3: "#!/bin/sh\n/bin/sleep 300\n" })).rejects.toThrow(
      "`python3 -c …` did not answer within 2 s, and was ended",
    );
  });

  it("name an archive of a provider that is cut, and no other", async () => {
    const mirror = path.join(folder, "packed");
    const archives = path.join(mirror, "registry.terraform.io/hashicorp/aws");
    mkdirSync(archives, { recursive: true });
    const zip = Buffer.from(zipSync({ "terraform-provider-aws": Buffer.from("program") }));
    const file = (version: string, platform: string) =>
      path.join(archives, `terraform-provider-aws_${version}_${platform}.zip`);
    writeFileSync(file("5.100.0", terraformPlatform()), zip);
    writeFileSync(file("5.100.0", "plan9_mips"), "");
    await expect(check(GOOD, { mirrorCandidates: [mirror] })).resolves.toBeDefined();
    writeFileSync(file("5.99.0", terraformPlatform()), zip.subarray(0, zip.length - 30));
    const error = await problems(GOOD, { mirrorCandidates: [mirror] });
    expect(error.problems).toEqual([
      {
        what: "provider's archive",
        where: file("5.99.0", terraformPlatform()),
        rule: "must be a whole zip archive",
        found: `${zip.length - 30} bytes without its end`,
        fix: "copy it again, or delete it",
      },
    ]);
  });

  it("name the version of a terraform that is too old", async () => {
    const error = await problems({ ...GOOD, terraform: terraform("1.9.8") });
    expect(error.problems).toMatchObject([{ what: "terraform", found: "1.9.8" }]);
  });

  it("compare versions, not text", async () => {
    await expect(check({ ...GOOD, terraform: terraform("1.10.0") })).resolves.toBeDefined();
  });

  it("tell a Python that is too old from one without venv", async () => {
    const old = await problems({ ...GOOD, python3: python({ python: "3.9.2" }) });
    expect(old.problems).toMatchObject([{ what: "python3", found: "python3 3.9.2" }]);
    const bare = await problems({ ...GOOD, python3: python({ venv: false }) });
    expect(bare.problems).toMatchObject([{ found: "python3 3.12.1 without venv" }]);
    expect(bare.message).toContain("python3-venv");
  });

  it("name a mirror whose provider has the wrong version", async () => {
    const mirror = path.join(folder, "wrong");
    mkdirSync(path.join(mirror, "registry.terraform.io/hashicorp/aws/4.0.0", terraformPlatform()), { recursive: true });
    const error = await problems(GOOD, { mirrorCandidates: [mirror] });
    expect(error.problems).toMatchObject([
      { what: "AWS provider", found: `no answer, and ${mirror} with hashicorp/aws 4.0.0` },
    ]);
    expect(error.message).toContain("OPSDX_PROVIDER_MIRROR");
  });

  it("name a place where nothing can be written", async () => {
    const file = path.join(folder, "a-file");
    writeFileSync(file, "");
    const paths = new SandboxPaths(path.join(file, ".sandbox"));
    expect((await problems(GOOD, { paths })).problems).toMatchObject([
      { what: "disk", where: paths.directory, rule: "must be writable", found: `${file} is not` },
    ]);
  });
});
