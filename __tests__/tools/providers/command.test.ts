import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { PROVIDER_VERSIONS } from "../../../stacks/deployment";
import { providersCommand } from "../../../tools/providers/command";
import { LOCK_PLATFORMS } from "../../../tools/providers/lock";
import { script } from "../kops/support";
import { lockFile } from "./support";

let root = "";
const at = (name: string): string => path.join(root, name);
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "providers-"));
  fs.writeFileSync(at("made.hcl"), lockFile({ aws: "5.100.0" }));
  jest.spyOn(console, "log").mockReturnValue();
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(root, { recursive: true });
});

/** Plays Terraform: tells what it is given, and ends as it is told to. */
async function run(words: readonly string[], { version = "1.10.5", exitCode = 0 } = {}): Promise<string> {
  script(
    at("bin/terraform"),
    `if [ "$1" = version ]; then echo '{"terraform_version":"${version}"}'; exit; fi`,
    `{ echo "$*"; cat main.tf.json; echo; cat .terraform.lock.hcl 2>/dev/null; env; } > ${at("asked")}`,
    `[ ${exitCode} = 0 ] && cp ${at("made.hcl")} .terraform.lock.hcl`,
    `exit ${exitCode}`,
  );
  const env = { PATH: `${at("bin")}:/usr/bin:/bin`, HOME: root, TF_CLI_ARGS: "-destroy" };
  return providersCommand({ env, lockFile: at("lock.hcl") })
    .parseAsync(["lock", ...words], { from: "user" })
    .then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
}
const asked = (): string => fs.readFileSync(at("asked"), "utf8");

test("asks Terraform for every provider at the program's version and every platform, and writes what it makes", async () => {
  expect(await run([])).toBe("");
  const [words = "", required = ""] = asked().split("\n");
  expect(words.split(" ").filter((word) => word !== "-no-color")).toEqual([
    "providers",
    "lock",
    ...LOCK_PLATFORMS.map((platform) => `-platform=${platform}`),
    ...Object.keys(PROVIDER_VERSIONS).map((source) => `registry.terraform.io/${source}`),
  ]);
  expect(JSON.parse(required)).toEqual({
    terraform: {
      required_providers: {
        aws: { source: "hashicorp/aws", version: "= 5.100.0" },
        kubernetes: { source: "hashicorp/kubernetes", version: "= 2.38.0" },
        helm: { source: "hashicorp/helm", version: "= 3.1.2" },
      },
    },
  });
  expect(asked()).not.toContain("TF_CLI_ARGS");
  expect(fs.readFileSync(at("lock.hcl"), "utf8")).toBe(lockFile({ aws: "5.100.0" }));
  expect(jest.mocked(console.log).mock.calls.flat()).toEqual([
    `wrote ${at("lock.hcl")}`,
    expect.stringContaining("not locked"),
  ]);
});

test("one provider from a mirror, for one platform; what is locked already is kept by Terraform", async () => {
  fs.writeFileSync(at("lock.hcl"), lockFile({ helm: "3.1.2" }));
  expect(await run(["hashicorp/aws", "--fs-mirror", at("mirror"), "--platform", "linux_amd64"])).toBe("");
  expect(asked()).toContain(`-fs-mirror=${at("mirror")} -platform=linux_amd64 registry.terraform.io/hashicorp/aws\n`);
  expect(asked()).toContain(lockFile({ helm: "3.1.2" }));
});

test.each([
  ["no archive for a platform", { exitCode: 1 }, /the registry must have every named provider for linux_amd64, /],
  ["an old Terraform", { version: "1.5.7" }, /^Terraform 1\.10\.0 or newer must be on the PATH .*, found 1\.5\.7$/],
])("with %s the lock file stays as it was", async (_, terraform, words) => {
  fs.writeFileSync(at("lock.hcl"), "before");
  expect(await run([], terraform)).toMatch(words);
  expect(fs.readFileSync(at("lock.hcl"), "utf8")).toBe("before");
});

test("everything wrong with the words comes at once, and Terraform is not asked", async () => {
  expect(await run(["hashicorp/ws", "--platform", "linux"])).toBe(
    'provider must be one of hashicorp/aws, hashicorp/kubernetes, hashicorp/helm, got "hashicorp/ws"\n' +
      '--platform must be <system>_<architecture>, such as linux_amd64, got "linux"\nNothing was written.',
  );
  expect(fs.existsSync(at("asked"))).toBe(false);
});
