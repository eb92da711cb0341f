import type { Fault, Rule } from "./rule";

/** The setting whose values are written as they are, whatever they hold: the variables of a container. */
const FREE = "env";

/** Letters, digits, marks and spaces of a line; a variable's value may have several lines. */
const hasControls = (text: string, free: boolean): boolean =>
  Array.from(text).some((letter) => letter < " " && !(free && "\n\r\t".includes(letter)));

/** What some reader would not take as it is written; undefined when all do. */
function misread(text: string, free: boolean): string | undefined {
  if (text.includes("TfToken[")) return "must not hold TfToken[, which cdktf takes for a reference";
  if (hasControls(text, free)) return "must not hold control characters";
  if (!free && /[$%]\{/.test(text)) {
    return `must not hold \${ or %{, which Terraform takes for a reference: only values of ${FREE} may`;
  }
  return undefined;
}

function* misreadIn(value: unknown, path: readonly string[]): Generator<Fault> {
  if (typeof value === "string") {
    const rule = misread(value, path.at(-2) === FREE);
    if (rule !== undefined) yield { path, rule, received: value };
  } else if (typeof value === "object" && value !== null && path.length < MAX_DEPTH) {
    for (const [key, inner] of Object.entries(value)) {
      const rule = misread(key, false);
      if (rule !== undefined)
        yield { path: [...path, key], rule: `${rule} (the name itself)`, received: key, isName: true };
      yield* misreadIn(inner, [...path, key]);
    }
  }
}

/** Settings lie no deeper; what refers to itself is refused by the schema. */
const MAX_DEPTH = 12;

/**
 * Terraform, cdktf and the documents read every text as it is written. Values of variables may hold anything, since they are escaped
 * where they are put into a container; any other text is a name, a sentence or an address, which needs none of it.
 * @see https://developer.hashicorp.com/terraform/language/syntax/json#string-expression-parsing
 */
export const textsAreLiteral: Rule = (input) => [...misreadIn(input, [])];
