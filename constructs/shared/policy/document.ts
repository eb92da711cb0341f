/** One statement of a policy document, with every scalar made a list. */
export interface Statement {
  /** Its id; empty where it has none. */
  readonly sid: string;
  /** `Allow` or `Deny`. */
  readonly effect: string;
  /** Actions; empty where it names those it does not mean. */
  readonly actions: readonly string[];
  /** Actions that it does not mean; empty where it names those it means. */
  readonly notActions: readonly string[];
  /** Resources; empty in a trust policy. */
  readonly resources: readonly string[];
  /** Resources that it does not mean; empty where it names those it means. */
  readonly notResources: readonly string[];
  /** Principals by type; `"*"` stands under the type `*`. */
  readonly principals: Readonly<Record<string, readonly string[]>>;
  /** Values by operator and condition key. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Json = Readonly<Record<string, unknown>>;

const list = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === "string");

const entries = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

/**
 * Reads a policy document as it stands in the synthesized JSON, where values may be Terraform expressions. An expression
 * with quotes in it (`${data.x["y"]}`) would end the surrounding JSON string, so its quotes are set aside.
 */
export function parseStatements(text: string): readonly Statement[] | undefined {
  const unquoted = text.replace(/\$\{[^}]*\}/g, (expression) => expression.replace(/\\?"/g, "'"));
  let document: unknown;
  try {
    document = JSON.parse(unquoted);
  } catch {
    return undefined;
  }
  if (typeof document !== "object" || document === null || !("Statement" in document)) return undefined;
  const { Statement: statements } = document;
  return (Array.isArray(statements) ? statements : [statements]).map((statement: Json) => ({
    sid: typeof statement["Sid"] === "string" ? statement["Sid"] : "",
    effect: typeof statement["Effect"] === "string" ? statement["Effect"] : "",
    actions: list(statement["Action"]),
    notActions: list(statement["NotAction"]),
    resources: list(statement["Resource"]),
    notResources: list(statement["NotResource"]),
    principals:
      statement["Principal"] === "*"
        ? { "*": ["*"] }
        : Object.fromEntries(entries(statement["Principal"]).map(([type, value]) => [type, list(value)])),
    conditions: Object.fromEntries(entries(statement["Condition"])) as Statement["conditions"],
  }));
}
