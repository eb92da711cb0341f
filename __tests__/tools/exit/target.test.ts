import { readFileSync } from "node:fs";
import path from "node:path";
import { EXIT_TARGET, packageAfterExit, type PackageJson } from "../../../tools/exit/target";
import { PROJECT_ROOT } from "../../../tools/files";

it("changes of package.json two versions, and takes out one package", () => {
  const before = JSON.parse(readFileSync(path.join(PROJECT_ROOT, "package.json"), "utf8")) as PackageJson;
  const after = packageAfterExit(before);
  const { "cdktf-cli": gone, ...development } = before.devDependencies ?? {};
  expect(gone).toBeDefined();
  expect(after).toEqual({
    ...before,
    dependencies: { ...before.dependencies, cdktf: "npm:cdktn@0.24.0", constructs: "10.6.0" },
    devDependencies: development,
  });
  expect(after.dependencies).toHaveProperty("@cdktf/hcl2json");
});

it("names one version of cdktn", () => {
  expect(EXIT_TARGET.packages["cdktf"]).toBe(`npm:cdktn@${EXIT_TARGET.version}`);
});
