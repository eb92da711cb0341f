import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { assertTerraform, endEarlierRuns, Terraform, terraformEnvironment } from "../../../tools/bootstrap/terraform";
import { isAlive } from "../../../tools/processes";
import { Children } from "../../../tools/terraform/children";
import { FollowedRun } from "../../../tools/terraform/followed-run";
import { terraformPlatform } from "../../../tools/terraform/providers";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "bootstrap-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a `terraform` on a path of its own. */
function fakeTerraform(script: string): NodeJS.ProcessEnv {
  const file = path.join(folder, "terraform");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { PATH: `${folder}:/usr/bin:/bin`, HOME: folder };
}

describe("assertTerraform", () => {
  test("gives the version", async () => {
    const env = fakeTerraform(`echo '{"terraform_version":"1.11.4"}'`);
    await expect(assertTerraform(env)).resolves.toBe("1.11.4");
  });

  test.each([
    ["one that is too old", `echo '{"terraform_version":"1.9.8"}'`, "found 1.9.8"],
    ["one that does not start", "exit 3", "found none that starts"],
  ])("refuses %s", async (_, script, message) => {
    await expect(assertTerraform(fakeTerraform(script))).rejects.toThrow(message);
  });

  test("refuses a machine without one", async () => {
    await expect(assertTerraform({ PATH: folder })).rejects.toThrow("Terraform 1.10.0 or newer must be on the PATH");
  });
});

describe("terraformEnvironment", () => {
  test("drops what would put the state elsewhere", () => {
    const env = terraformEnvironment(folder, {
      HOME: folder,
      TF_WORKSPACE: "x",
      TF_CLI_ARGS_plan: "-x",
      TF_DATA_DIR: "/x",
      TF_VAR_region: "x",
      TF_LOG: "trace",
      TF_PLUGIN_CACHE_DIR: "/cache",
      AWS_PROFILE: "ada",
    });
    expect(Object.keys(env).filter((name) => name.startsWith("TF_"))).toEqual(
      expect.arrayContaining(["TF_LOG", "TF_PLUGIN_CACHE_DIR"]),
    );
    expect(Object.keys(env).filter((name) => /^TF_(WORKSPACE|DATA_DIR|CLI_ARGS|VAR_)/.test(name))).toEqual([]);
    expect(env["AWS_PROFILE"]).toBe("ada");
  });

  test("takes providers from a mirror of this machine", () => {
    const mirror = path.join(folder, "mirror");
    mkdirSync(path.join(mirror, "registry.terraform.io/hashicorp/aws/5.100.0", terraformPlatform()), {
      recursive: true,
    });
    const file = terraformEnvironment(folder, { OPSDX_PROVIDER_MIRROR: mirror })["TF_CLI_CONFIG_FILE"] ?? "";
    expect(readFileSync(file, "utf8")).toContain(JSON.stringify(mirror));
  });

  test("leaves the user's own choice of providers alone", () => {
    const own = path.join(folder, "own.rc");
    writeFileSync(own, "provider_installation {\n  direct {}\n}\n");
    expect(terraformEnvironment(folder, { TF_CLI_CONFIG_FILE: own })["TF_CLI_CONFIG_FILE"]).toBe(own);
    expect(existsSync(path.join(folder, "terraform.rc"))).toBe(false);
  });
});

describe("Terraform", () => {
  const terraform = (script: string): Terraform =>
    new Terraform({
      directory: folder,
      runs: path.join(folder, "runs"),
      env: fakeTerraform(script),
      children: new Children(),
      print: (line) => void printed.push(line),
    });
  const printed: string[] = [];

  test("tells an empty plan from one with changes", async () => {
    await expect(terraform("exit 0").isUpToDate(["a.b"])).resolves.toBe(true);
    await expect(terraform("exit 2").isUpToDate(["a.b"])).resolves.toBe(false);
    await expect(terraform("exit 1").isUpToDate(["a.b"])).rejects.toThrow('"terraform plan" failed with exit code 1');
  });

  test("aims at the given addresses only", async () => {
    await terraform(`echo "$@" > args`).apply(["a.b", "c.d"]);
    expect(readFileSync(path.join(folder, "args"), "utf8").trim()).toBe(
      "apply -input=false -auto-approve -target=a.b -target=c.d",
    );
  });

  test("takes into the state what exists, and tells what does not", async () => {
    await expect(terraform(`echo "$@" > args`).import("a.b", "name")).resolves.toBe(true);
    expect(readFileSync(path.join(folder, "args"), "utf8").trim()).toBe("import -input=false -no-color a.b name");
    const absent = terraform("echo Error: Cannot import non-existent remote object >&2; exit 1");
    await expect(absent.import("a.b", "name")).resolves.toBe(false);
    await expect(terraform("echo no right; exit 1").import("a.b", "name")).rejects.toThrow(
      /no right\n"terraform import" failed with exit code 1/,
    );
  });

  test("takes no lock that could outlive it where nothing is overwritten", async () => {
    await terraform(`echo "$@" > args`).push("file");
    expect(readFileSync(path.join(folder, "args"), "utf8").trim()).toBe("state push -lock=false file");
  });

  test("shows what a failed init said, and that it may be repeated", async () => {
    await expect(terraform("echo no such backend >&2; exit 1").init()).rejects.toThrow(
      /no such backend\n"terraform init" failed with exit code 1\. Nothing is lost/,
    );
  });
});

describe("what a command that was killed has left", () => {
  const runs = (): string => path.join(folder, "runs");
  const said: string[] = [];
  beforeEach(() => (said.length = 0));

  /** Starts a program as a command did that is gone, and returns its record. */
  function left(script: string, changes: boolean): string {
    const record = path.join(runs(), "apply.json");
    FollowedRun.start({
      record,
      output: path.join(runs(), "apply.log"),
      what: "terraform apply",
      subject: folder,
      changes,
      file: "terraform",
      args: [],
      directory: folder,
      env: fakeTerraform(script),
    });
    return record;
  }

  const end = (): Promise<void> =>
    endEarlierRuns({
      runs: runs(),
      children: new Children(),
      print: (line) => said.push(line),
      say: (line) => said.push(line),
    });

  test("is followed to its end when it changes something", async () => {
    const record = left(`until [ -e go ]; do sleep 0.1; done; echo made`, true);
    setTimeout(() => writeFileSync(path.join(folder, "go"), ""), 300);
    await end();
    expect(said).toEqual([expect.stringMatching(/^terraform apply, process \d+, which .* is still at work/), "made"]);
    expect(existsSync(record)).toBe(false);
  });

  test("is stopped when it only looks", async () => {
    const record = left("exec sleep 100", false);
    const { pid } = JSON.parse(readFileSync(record, "utf8")) as { pid: number };
    await end();
    for (let waited = 0; isAlive(pid) && waited < 50; waited += 1) await new Promise((done) => setTimeout(done, 100));
    expect(isAlive(pid)).toBe(false);
    expect(said).toEqual([]);
    expect(existsSync(record)).toBe(false);
  });
});
