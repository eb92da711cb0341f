import { ciApplyRole } from "../../../config/names";
import { loadConfig } from "../../../config/load";
import { renderProgram } from "../../stacks/support";
import { statementsOf, type RawStatement } from "./support";
import { TYPE_NEEDS } from "./type-needs";

const prefixes = Object.keys(TYPE_NEEDS);
const stacks = renderProgram();
const global = stacks.find(({ name }) => name === "global");
const typesOf = (name: RegExp): readonly string[] =>
  [
    ...new Set(
      stacks.filter((stack) => name.test(stack.name)).flatMap((stack) => stack.resources.map(({ type }) => type)),
    ),
  ].sort();

/** A prefix that ends within a word is the whole type: `aws_route` is no prefix of `aws_route53_zone`. */
const prefixOf = (type: string): string | undefined =>
  prefixes
    .filter((prefix) => type === prefix || type.startsWith(prefix.endsWith("_") ? prefix : `${prefix}_`))
    .sort((one, other) => other.length - one.length)[0];

/** Whether the statements allow a whole service, or a single action. What the boundary denies on purpose is not looked at. */
function allows(statements: readonly RawStatement[], need: string): boolean {
  const patterns = statements.flatMap(({ Effect, Action = [] }) => (Effect === "Allow" ? Action : []));
  if (!need.includes(":")) return patterns.includes(`${need}:*`);
  return patterns.some((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "i").test(need));
}

function lacking(statements: readonly RawStatement[], types: readonly string[]): readonly string[] {
  return types.flatMap((type) =>
    (TYPE_NEEDS[prefixOf(type) ?? ""] ?? [])
      .filter((need) => !allows(statements, need))
      .map((need) => `${type}: ${need}`),
  );
}

test("every resource type of the program says what it needs, and nothing else does", () => {
  const types = typesOf(/./);
  expect(types.filter((type) => prefixOf(type) === undefined)).toEqual([]);
  expect(prefixes.filter((prefix) => !types.some((type) => prefixOf(type) === prefix))).toEqual([]);
  expect(prefixOf("aws_backup_vault_lock_configuration")).toBe("aws_backup_vault");
  expect(prefixOf("aws_route53_zone")).toBe("aws_route53_");
  expect(prefixOf("aws_unheard_of")).toBeUndefined();
});

// People apply the global stack: docs/decisions/0007-ci-plans-global-people-apply-it.md.
describe.each(loadConfig().environments.map(({ name }) => name))("the apply role of %s", (environment) => {
  const name = ciApplyRole(environment);
  const policy = global?.ofType("aws_iam_policy").find(({ body }) => body["name"] === name);
  const statements = statementsOf(policy?.body["policy"]);
  const types = typesOf(new RegExp(`^${environment}-stage`));

  test("may use what the types of its stacks need", () => {
    expect(types.length).toBeGreaterThan(100);
    expect(lacking(statements, types)).toEqual([]);
  });

  test.each([
    [
      "route53resolver:*",
      [
        "aws_route53_resolver_query_log_config: route53resolver",
        "aws_route53_resolver_query_log_config_association: route53resolver",
      ],
    ],
    [
      "backup-storage:MountCapsule",
      [
        "aws_backup_vault: backup-storage:MountCapsule",
        "aws_backup_vault_lock_configuration: backup-storage:MountCapsule",
      ],
    ],
    ["iam:DeleteServiceLinkedRole", ["aws_iam_service_linked_role: iam:DeleteServiceLinkedRole"]],
    ["iam:DeleteAccountPasswordPolicy", ["aws_iam_account_password_policy: iam:DeleteAccountPasswordPolicy"]],
  ])("without %s lacks what the test names", (action, expected) => {
    const without = statements.map((one) => ({ ...one, Action: one.Action?.filter((held) => held !== action) }));
    expect(lacking(without, types)).toEqual(expected);
  });
});
