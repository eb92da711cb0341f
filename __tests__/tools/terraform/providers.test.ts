import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  cliConfig,
  decidesInstallation,
  findMirrors,
  mirrorCandidates,
  mirroredVersion,
  ownCliConfig,
  terraformPlatform,
  type ProviderMirror,
} from "../../../tools/terraform/providers";

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "providers-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function unpacked(mirror: string, provider: string, version: string, platform = "linux_amd64"): string {
  const folder = path.join(root, mirror, "registry.terraform.io", provider, version, platform);
  mkdirSync(folder, { recursive: true });
  return folder;
}

const find = (...mirrors: string[]) =>
  findMirrors(
    mirrors.map((mirror) => path.join(root, mirror)),
    "linux_amd64",
  );

describe("findMirrors", () => {
  it("finds unpacked providers with all their versions", () => {
    unpacked("opt/a", "hashicorp/aws", "5.100.0");
    unpacked("opt/a", "hashicorp/aws", "6.25.0");
    unpacked("opt/a", "hashicorp/helm", "3.1.0");
    expect(find("opt/a")).toEqual([
      {
        directory: path.join(root, "opt/a"),
        providers: { "hashicorp/aws": ["5.100.0", "6.25.0"], "hashicorp/helm": ["3.1.0"] },
      },
    ]);
  });

  it("finds packed providers", () => {
    const folder = path.join(root, "m/registry.terraform.io/hashicorp/aws");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "terraform-provider-aws_5.100.0_linux_amd64.zip"), "");
    writeFileSync(path.join(folder, "terraform-provider-aws_6.0.0_darwin_arm64.zip"), "");
    expect(find("m")[0]?.providers).toEqual({ "hashicorp/aws": ["5.100.0"] });
  });

  it("passes over other platforms, absent folders and folders without a registry", () => {
    unpacked("darwin", "hashicorp/aws", "5.100.0", "darwin_arm64");
    mkdirSync(path.join(root, "empty"));
    expect(find("darwin", "empty", "absent")).toEqual([]);
  });

  it("counts a folder that is named twice once", () => {
    unpacked("m", "hashicorp/aws", "5.100.0");
    expect(find("m", "m/../m")).toHaveLength(1);
  });

  it("does not offer a provider behind a symbolic link that Terraform does not follow", () => {
    unpacked("real", "hashicorp/aws", "5.100.0");
    mkdirSync(path.join(root, "linked/registry.terraform.io/hashicorp"), { recursive: true });
    symlinkSync(
      path.join(root, "real/registry.terraform.io/hashicorp/aws"),
      path.join(root, "linked/registry.terraform.io/hashicorp/aws"),
    );
    expect(find("linked")).toEqual([]);
  });

  it("offers one whose innermost folder is a symbolic link, which Terraform follows", () => {
    const target = unpacked("real", "hashicorp/aws", "5.100.0");
    const version = path.join(root, "linked/registry.terraform.io/hashicorp/aws/5.100.0");
    mkdirSync(version, { recursive: true });
    symlinkSync(target, path.join(version, "linux_amd64"));
    expect(find("linked")[0]?.providers).toEqual({ "hashicorp/aws": ["5.100.0"] });
  });
});

describe("mirrorCandidates", () => {
  it("begins with OPSDX_PROVIDER_MIRROR and includes Terraform's own and every folder of /opt", () => {
    mkdirSync(path.join(root, "opt/terraform-providers"), { recursive: true });
    mkdirSync(path.join(root, "usr/share/terraform/plugins"), { recursive: true });
    const candidates = mirrorCandidates({ OPSDX_PROVIDER_MIRROR: "/mine", XDG_DATA_DIRS: "/data:" }, "/home/me", root);
    expect(candidates[0]).toBe("/mine");
    expect(candidates).toEqual(
      expect.arrayContaining([
        "/home/me/.terraform.d/plugins",
        "/home/me/.local/share/terraform/plugins",
        "/data/terraform/plugins",
        path.join(root, "opt/terraform-providers"),
        path.join(root, "usr/share/terraform/plugins"),
      ]),
    );
  });
});

describe("mirroredVersion", () => {
  const mirrors = [{ directory: "/m", providers: { "hashicorp/aws": ["4.0.0", "5.100.0", "6.25.0", "7.1.0"] } }];

  it("picks the newest that Terraform's constraint allows", () => {
    expect(mirroredVersion(mirrors, "hashicorp/aws", ">= 5.100.0, < 7.0.0")).toBe("6.25.0");
  });

  it("takes an exact version only where it is", () => {
    expect(mirroredVersion(mirrors, "hashicorp/aws", "= 5.100.0")).toBe("5.100.0");
    expect(mirroredVersion(mirrors, "hashicorp/aws", "= 5.101.0")).toBeUndefined();
  });

  it("finds none of another provider or range", () => {
    expect(mirroredVersion(mirrors, "hashicorp/helm", ">= 1.0.0")).toBeUndefined();
    expect(mirroredVersion(mirrors, "hashicorp/aws", ">= 8.0.0")).toBeUndefined();
  });
});

describe("cliConfig", () => {
  const mirrors: ProviderMirror[] = [
    { directory: "/opt/a", providers: { "hashicorp/aws": ["5.100.0"] } },
    { directory: "/opt/b", providers: { "hashicorp/helm": ["3.1.0"], "hashicorp/aws": ["6.25.0"] } },
  ];

  it("takes from the mirrors what they hold, and excludes it from the registry", () => {
    expect(cliConfig({ mirrors, cacheDirectory: "/cache" })).toBe(
      [
        "provider_installation {",
        "  filesystem_mirror {",
        '    path    = "/opt/a"',
        '    include = ["registry.terraform.io/hashicorp/aws"]',
        "  }",
        "  filesystem_mirror {",
        '    path    = "/opt/b"',
        '    include = ["registry.terraform.io/hashicorp/aws", "registry.terraform.io/hashicorp/helm"]',
        "  }",
        "  direct {",
        '    exclude = ["registry.terraform.io/hashicorp/aws", "registry.terraform.io/hashicorp/helm"]',
        "  }",
        "}",
        "",
      ].join("\n"),
    );
  });

  it("shares downloads between stacks when there is no mirror", () => {
    const text = cliConfig({ mirrors: [], cacheDirectory: "/with space/cache" });
    expect(text).toContain('plugin_cache_dir = "/with space/cache"');
    expect(text).not.toContain("exclude");
  });

  it("keeps the user's own settings, their cache included", () => {
    const own = 'plugin_cache_dir = "/mine"\ncredentials "app.terraform.io" {}\n';
    const text = cliConfig({ mirrors: [], cacheDirectory: "/cache", own });
    expect(text.startsWith(own)).toBe(true);
    expect(text).not.toContain("/cache");
  });
});

describe("the user's own configuration", () => {
  it("is the file that TF_CLI_CONFIG_FILE names", () => {
    const file = path.join(root, "mine.tfrc");
    writeFileSync(file, "disable_checkpoint = true\n");
    expect(ownCliConfig({ TF_CLI_CONFIG_FILE: file }, root)).toEqual({ file, text: "disable_checkpoint = true\n" });
  });

  it("is ~/.terraformrc otherwise", () => {
    writeFileSync(path.join(root, ".terraformrc"), "x = 1\n");
    expect(ownCliConfig({}, root)?.text).toBe("x = 1\n");
  });

  it("is none when the variable names a file that does not exist", () => {
    expect(ownCliConfig({ TF_CLI_CONFIG_FILE: path.join(root, "absent") }, root)).toBeUndefined();
  });

  it("decides about providers only with a block of that name", () => {
    expect(decidesInstallation("provider_installation {\n  direct {}\n}\n")).toBe(true);
    expect(decidesInstallation("# provider_installation is not set\n")).toBe(false);
  });
});

it("names platforms as Terraform does", () => {
  expect(terraformPlatform("linux", "x64")).toBe("linux_amd64");
  expect(terraformPlatform("darwin", "arm64")).toBe("darwin_arm64");
  expect(terraformPlatform("win32", "x64")).toBe("windows_amd64");
});
