import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import execa from "execa";

const ROOT = path.resolve(__dirname, "../..");

/** The project's own rule, without what needs the program's types. */
const CONFIG = `
import config from ${JSON.stringify(pathToFileURL(path.join(ROOT, "eslint.config.mjs")).href)};
import parser from ${JSON.stringify(pathToFileURL(path.join(ROOT, "node_modules/@typescript-eslint/parser/dist/index.js")).href)};
const name = "no-restricted-syntax";
export default config
  .filter(({ rules }) => rules?.[name] !== undefined)
  .map(({ files, rules }) => ({ files, rules: { [name]: rules[name] }, languageOptions: { parser } }));
`;

it("lint finds a client of AWS that has no limits", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "opsdx-clients-"));
  mkdirSync(path.join(folder, "tools/aws"), { recursive: true });
  writeFileSync(path.join(folder, "tools/aws/bare.ts"), "export const bare = new STSClient({});\n");
  writeFileSync(path.join(folder, "tools/good.ts"), "export const good = awsClient(STSClient, new Client());\n");
  writeFileSync(path.join(folder, "eslint.config.mjs"), CONFIG);
  const args = [path.join(ROOT, "node_modules/eslint/bin/eslint.js"), "--format", "json", "tools"];
  const { stdout } = await execa(process.execPath, args, { cwd: folder, reject: false });
  const found = (JSON.parse(stdout) as { filePath: string; messages: { severity: number; message: string }[] }[]).map(
    ({ filePath, messages }) => [path.relative(folder, filePath), messages],
  );
  expect(found).toEqual([
    [
      "tools/aws/bare.ts",
      [
        expect.objectContaining({
          severity: 2,
          message: "Make it with awsClient() of tools/aws/client.ts: no call of such a client hangs.",
        }),
      ],
    ],
    ["tools/good.ts", []],
  ]);
});
