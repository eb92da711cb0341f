import { loadConfig } from "../../config/load";
import type { StackModel } from "../../constructs/shared/policy/model";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { KEPT_TYPES, REMADE_TYPES } from "../../stacks/resource-types";
import { setAt, validInput } from "../config/support";
import { render, renderProgram } from "./support";

/** Types of the resources that Terraform refuses to destroy, and of the others. */
function byProtection(models: readonly StackModel[]) {
  const types = { kept: new Set<string>(), free: new Set<string>() };
  for (const { type, body } of models.flatMap(({ resources }) => resources)) {
    const { prevent_destroy: kept = false } = (body["lifecycle"] ?? {}) as { readonly prevent_destroy?: boolean };
    types[kept ? "kept" : "free"].add(type);
  }
  return types;
}
const sorted = (types: Iterable<string>): string[] => [...types].sort();

test("each type of the program is said to be kept or remade, and what is kept Terraform refuses to destroy", () => {
  const { kept, free } = byProtection(renderProgram());
  expect(sorted(kept)).toEqual(sorted(Object.keys(KEPT_TYPES)));
  expect(sorted(free)).toEqual(sorted(REMADE_TYPES));
});

test("where the configuration lifts the protection, nothing is refused in that environment, and all of it elsewhere", () => {
  const input = validInput();
  const [name = ""] = Object.keys(input.environments);
  setAt(input, ["environments", name, "deletionProtection"], false);
  const config = loadConfig(input);
  const models = render(buildProgram(config, deploymentFor(config.global, {})).stacks);
  const own = models.filter(({ name: stack }) => stack.startsWith(`${name}-`));
  expect(byProtection(own).kept.size).toBe(0);
  expect(byProtection(models.filter((model) => !own.includes(model))).kept.size).toBeGreaterThan(0);
  const [db] = own.flatMap((model) => model.ofType("aws_db_instance"));
  expect(db?.body).toMatchObject({ deletion_protection: false });
});
