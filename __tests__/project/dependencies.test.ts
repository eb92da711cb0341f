import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import execa from "execa";

const ROOT = path.resolve(__dirname, "../..");
const CRUISER = path.join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

/** Each planted file: who imports whom, and the rule that must find it; of a cycle one file is named. */
const PLANTED = {
  "config/a.ts": { imports: "../constructs/shared/a", rule: "config-is-the-source" },
  "constructs/shared/a.ts": { imports: "../stage1/core/a", rule: "shared-knows-no-system" },
  "constructs/stage1/core/a.ts": { imports: "../db/a", rule: "systems-apart" },
  "constructs/stage1/db/a.ts": { imports: "../../../tools/a", rule: "one-way" },
  "constructs/global/a.ts": { imports: "../stage1/db/a", rule: "systems-apart" },
  "stacks/a.ts": { imports: "../tools/a", rule: "stacks-import-no-tool" },
  "tools/a.ts": { imports: "./b", rule: "no-cycle" },
  "tools/b.ts": { imports: "./a", rule: undefined },
  "lambdas/one/a.ts": { imports: "../two/a", rule: "no-folder-cycle" },
  "lambdas/two/a.ts": { imports: "../one/b", rule: "no-folder-cycle" },
  "lambdas/one/b.ts": { imports: "node:path", rule: undefined },
} as const;

interface Report {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

it("lint finds an import against the rules", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "opsdx-dependencies-"));
  for (const [file, { imports }] of Object.entries(PLANTED)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), `import "${imports}";\nexport {};\n`);
  }
  writeFileSync(path.join(folder, "tsconfig.json"), "{}");
  const args = [CRUISER, "--config", path.join(ROOT, ".dependency-cruiser.cjs"), "--output-type", "json"];
  const { stdout } = await execa(process.execPath, [...args, "config", "constructs", "stacks", "tools", "lambdas"], {
    cwd: folder,
    reject: false,
  });
  const { violations } = (JSON.parse(stdout) as Report).summary;
  const found = violations.map(({ from, rule }) => `${from}: ${rule.name}`);
  for (const [file, { rule }] of Object.entries(PLANTED)) {
    if (rule === undefined) continue;
    expect(found).toContain(`${rule === "no-folder-cycle" ? path.dirname(file) : file}: ${rule}`);
  }
});
