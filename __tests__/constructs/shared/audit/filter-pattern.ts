/** A CloudTrail event, as far as filter patterns look into it. */
export type TrailEvent = Readonly<Record<string, unknown>>;

function valueAt(event: TrailEvent, path: string): unknown {
  return path
    .split(".")
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], event);
}

function equals(value: unknown, wanted: string): boolean {
  const pattern = wanted
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && new RegExp(`^${pattern}$`).test(text);
}

/**
 * Whether an event matches a CloudWatch Logs filter pattern for JSON: the part of the language that the audit uses (`=`, `!=`,
 * `NOT EXISTS`, `IS FALSE`, `&&`, `||`, brackets, `*` in text). Like CloudWatch, a comparison with a missing field is false.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function matches(pattern: string, event: TrailEvent): boolean {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(pattern)?.[1];
  if (inner === undefined) throw new Error(`a JSON pattern stands in braces, got ${pattern}`);
  const tokens = inner.match(/\(|\)|&&|\|\||!=|=|"[^"]*"|NOT EXISTS|IS TRUE|IS FALSE|[^\s()=!&|"]+/g) ?? [];
  const take = (): string => tokens.shift() ?? "";

  const term = (): boolean => {
    const token = take();
    if (token === "(") {
      const value = or();
      if (take() !== ")") throw new Error(`a bracket is not closed in ${pattern}`);
      return value;
    }
    if (!token.startsWith("$.")) throw new Error(`expected a field, got "${token}" in ${pattern}`);
    const operator = take();
    const value = valueAt(event, token);
    if (operator === "NOT EXISTS") return value === undefined;
    if (operator === "IS TRUE" || operator === "IS FALSE") return value === (operator === "IS TRUE");
    const wanted = take().replaceAll('"', "");
    if (operator === "=") return equals(value, wanted);
    if (operator === "!=") return value !== undefined && !equals(value, wanted);
    throw new Error(`unknown operator "${operator}" in ${pattern}`);
  };
  const and = (): boolean => {
    let value = term();
    while (tokens[0] === "&&") {
      take();
      value = term() && value;
    }
    return value;
  };
  const or = (): boolean => {
    let value = and();
    while (tokens[0] === "||") {
      take();
      value = and() || value;
    }
    return value;
  };
  const value = or();
  if (tokens.length > 0) throw new Error(`unread "${tokens.join(" ")}" in ${pattern}`);
  return value;
}
