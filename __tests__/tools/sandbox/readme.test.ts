import { readFileSync } from "node:fs";
import path from "node:path";
import { MINIMUM_PYTHON } from "../../../tools/sandbox/moto";

test("README asks for the Python that the sandbox asks for", () => {
  const readme = readFileSync(path.resolve(__dirname, "../../../README.md"), "utf8");
  const [major, minor] = MINIMUM_PYTHON.split(".");
  expect(/Python ≥ ([0-9.]+\d)/.exec(readme)?.[1]).toBe(`${major ?? ""}.${minor ?? ""}`);
});
