/** Resources of a stack's Terraform JSON: by type, then by name. */
export type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** Gives the value of an expression that is not in the stack's own JSON; undefined when it is not known. */
export type Resolve = (expression: string) => string | undefined;

const OWN_RESOURCE = /^(kubernetes_\w+)\.([\w-]+)\.(.+)$/;
const DEPTH_LIMIT = 20;

/** Replaces the expressions in texts by what they stand for. */
export class References {
  readonly #resources: Resources;
  readonly #resolve: Resolve;
  readonly #unresolved = new Map<string, string[]>();

  public constructor(resources: Resources, resolve: Resolve) {
    this.#resources = resources;
    this.#resolve = resolve;
  }

  /** Expressions that nothing is known about, and where they stand, one a line. */
  public get problems(): readonly string[] {
    return [...this.#unresolved].map(
      ([expression, places]) => `\${${expression}} has no value here; it stands in ${places.join(", ")}`,
    );
  }

  /** The text with its expressions replaced. */
  public text(text: string, place: string, depth = 0): string {
    let result = "";
    let rest = text;
    for (;;) {
      const start = /\$\{/.exec(rest)?.index;
      if (start === undefined) return result + plain(rest);
      // `$${` is how Terraform writes a literal `${`.
      if (rest[start - 1] === "$") {
        result += plain(rest.slice(0, start - 1)) + "${";
        rest = rest.slice(start + 2);
        continue;
      }
      const end = closingBrace(rest, start);
      if (end === undefined) throw new Error(`${place}: "${text}" has an expression that does not end`);
      result += plain(rest.slice(0, start)) + this.#value(rest.slice(start + 2, end).trim(), place, depth);
      rest = rest.slice(end + 1);
    }
  }

  #value(expression: string, place: string, depth: number): string {
    const own = this.#ownValue(expression);
    if (typeof own === "string" && depth < DEPTH_LIMIT) return this.text(own, place, depth + 1);
    if (typeof own === "number" || typeof own === "boolean") return `${own}`;
    const given = this.#resolve(expression);
    if (given !== undefined) return given;
    this.#unresolved.set(expression, [...(this.#unresolved.get(expression) ?? []), place]);
    return "";
  }

  /** What another resource of the stack says about itself. */
  #ownValue(expression: string): unknown {
    const [, type = "", name = "", field = ""] = OWN_RESOURCE.exec(expression) ?? [];
    const resource = this.#resources[type]?.[name];
    if (resource === undefined) return undefined;
    if (field === "id") {
      const metadata = within(resource["metadata"], []) as { name?: string; namespace?: string } | undefined;
      return metadata?.namespace === undefined ? metadata?.name : `${metadata.namespace}/${metadata.name ?? ""}`;
    }
    // `metadata[0].name`, `metadata.0.name` and `metadata.name` are the same: Terraform's blocks are lists.
    return within(
      resource,
      field.split(/[.[\]"]+/).filter((part) => part !== ""),
    );
  }
}

function within(value: unknown, path: readonly string[]): unknown {
  const [first, ...rest] = path;
  if (Array.isArray(value)) {
    const index = first !== undefined && /^\d+$/.test(first) ? Number(first) : undefined;
    return index === undefined ? within(value[0], path) : within(value[index], rest);
  }
  if (first === undefined) return value;
  if (typeof value !== "object" || value === null) return undefined;
  // An index into a block that stands once.
  if (first === "0" && !("0" in value)) return within(value, rest);
  return within((value as Record<string, unknown>)[first], rest);
}

function plain(text: string): string {
  return text.replaceAll("%%{", "%{");
}

/** Where an expression ends: braces may stand in it, and in its texts. */
function closingBrace(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text[index];
    if (character === "\\") index += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === "{") depth += 1;
    else if (!quoted && character === "}") {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return undefined;
}
