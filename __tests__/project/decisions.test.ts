import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const FOLDER = path.resolve(__dirname, "../../docs/decisions");

it("decisions are numbered without a gap, each number once, as their titles say", () => {
  const files = readdirSync(FOLDER).sort();
  const titles = files.map((file) => readFileSync(path.join(FOLDER, file), "utf8").split("\n", 1)[0]);
  expect(files.map((file) => file.slice(0, 5))).toEqual(files.map((_, index) => `${index + 1}-`.padStart(5, "0")));
  expect(titles.map((title = "") => title.split(". ", 1)[0])).toEqual(files.map((_, index) => `# ${index + 1}`));
});
