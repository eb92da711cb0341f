import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { loadConfig } from "../../config/load";
import { GLOBAL } from "../../config/names";

const ROOT = path.resolve(__dirname, "../..");
const RUNBOOK = path.join(ROOT, "docs/runbook");

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: { readonly value?: string; readonly options?: readonly unknown[] };
  readonly validations?: { readonly required?: boolean };
}

const { body } = parse(readFileSync(path.join(ROOT, ".github/ISSUE_TEMPLATE/support.yml"), "utf8")) as {
  readonly body: readonly Field[];
};
const field = (id: string): Field | undefined => body.find((one) => one.id === id);

/** The systems of the program, as `opsdx check` holds their pages to be: each page is headed by its name. */
const systems = readdirSync(RUNBOOK)
  .filter((file) => file !== "README.md" && file !== "alarms.md")
  .map((file) => (readFileSync(path.join(RUNBOOK, file), "utf8").split("\n")[0] ?? "").replace("# ", ""));

describe("the form for support", () => {
  it("offers every system and every environment", () => {
    expect(systems.length).toBeGreaterThan(10);
    expect(field("system")?.attributes.options).toEqual([...systems.sort(), "I do not know"]);
    const environments = loadConfig().environments.map(({ name }) => name);
    expect(field("environment")?.attributes.options).toEqual([...environments, GLOBAL]);
  });

  it("takes nothing without the word that it holds no patient data", () => {
    expect(field("phi")?.attributes.options).toEqual([expect.objectContaining({ required: true })]);
    expect(body[0]?.attributes.value).toContain(loadConfig().global.runbookUrl);
  });
});
