/** What stands in for what only an apply knows, by what the expression ends in: charts and Kubernetes check the form of some. */
const STAND_INS: readonly (readonly [ending: RegExp, value: string])[] = [
  [/arn(s\[.*\])?"?\]?$/i, "arn:aws:iam::123456789012:role/stand-in"],
  [/port"?\]?$/i, "5432"],
  [/(host|address|endpoint|fqdn|dns_name|domain_name)"?\]?$/i, "stand-in.example.internal"],
  [/(url)"?\]?$/i, "https://stand-in.example.internal"],
  [/(cidr|cidr_block)"?\]?$/i, "10.0.0.0/16"],
];

/** A text without Terraform's expressions. */
export interface Settled {
  /** The text, each expression replaced. */
  readonly text: string;
  /** The expressions that something stands in for. */
  readonly expressions: readonly string[];
}

/**
 * Puts something in place of each expression of Terraform, so that what is left is what it says it is: JSON stays JSON.
 * @param text - an argument as it is synthesized; `$${` stands for itself
 */
export function settle(text: string): Settled {
  const expressions: string[] = [];
  let settled = "";
  for (let at = 0; at < text.length; at += 1) {
    if (text.startsWith("$${", at) || text.startsWith("%%{", at)) {
      settled += text.slice(at + 1, at + 3);
      at += 2;
    } else if (text.startsWith("${", at)) {
      const end = endOf(text, at + 2);
      const expression = text.slice(at + 2, end - 1);
      expressions.push(expression);
      settled += STAND_INS.find(([ending]) => ending.test(expression))?.[1] ?? "stand-in";
      at = end - 1;
    } else {
      settled += text[at] ?? "";
    }
  }
  return { text: settled, expressions };
}

/** Behind the brace that ends an expression. */
function endOf(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    else if (text[at] === "}") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
