import { readFileSync } from "node:fs";
import path from "node:path";
import { EXIT_TARGET, packageAfterExit, type PackageJson } from "../../../tools/exit/target";
import { PROJECT_ROOT } from "../../../tools/files";

it("changes of package.json two versions, and takes out one package", () => {
  const before = {
    name: "opsdx-cloud",
    dependencies: { "@cdktf/hcl2json": "0.21.0", cdktf: "0.21.0", constructs: "10.4.2", luxon: "3.7.2" },
    devDependencies: { "cdktf-cli": "0.21.0", jest: "30.5.2" },
  };
  expect(packageAfterExit(before)).toEqual({
    name: "opsdx-cloud",
    dependencies: { "@cdktf/hcl2json": "0.21.0", cdktf: "npm:cdktn@0.24.0", constructs: "10.6.0", luxon: "3.7.2" },
    devDependencies: { jest: "30.5.2" },
  });
});

// It runs after the exit, too.
it("replaces packages that the project has", () => {
  const own = JSON.parse(readFileSync(path.join(PROJECT_ROOT, "package.json"), "utf8")) as PackageJson;
  for (const name of Object.keys(EXIT_TARGET.packages)) expect(own.dependencies).toHaveProperty(name);
  expect(packageAfterExit(packageAfterExit(own))).toEqual(packageAfterExit(own));
});

it("names one version of cdktn", () => {
  expect(EXIT_TARGET.packages["cdktf"]).toBe(`npm:cdktn@${EXIT_TARGET.version}`);
});
