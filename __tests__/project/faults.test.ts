import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const PROJECT = path.resolve(__dirname, "../..");
const page = readFileSync(path.join(PROJECT, "docs/faults.md"), "utf8");
const files = readdirSync(path.join(PROJECT, "__tests__"), { recursive: true, encoding: "utf8" });
const named = [...new Set(page.match(/[\w-]+\.test\.ts/g))];

test.each(named)("docs/faults.md names a test that is there: %s", (name) => {
  expect(files.filter((file) => path.basename(file) === name)).not.toEqual([]);
});

test.each(readdirSync(path.join(PROJECT, "__tests__/faults")).filter((name) => name.endsWith(".test.ts")))(
  "docs/faults.md tells what %s holds",
  (name) => expect(named).toContain(name),
);
