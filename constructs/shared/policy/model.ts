import { parseStatements, type Statement } from "./document";

/** A block or an argument map of a synthesized resource. */
export type Block = Readonly<Record<string, unknown>>;

/** One resource of a synthesized stack, with every reference resolved to Terraform's `${…}` form. */
export interface ResourceModel {
  /** Resource type, for example `aws_s3_bucket`. */
  readonly type: string;
  /** Terraform address, for example `aws_s3_bucket.Core_Logs_1A2B3C4D`. */
  readonly address: string;
  /** Path of the construct that made it, starting with the stack. */
  readonly path: string;
  /** Arguments as they stand in the synthesized JSON. */
  readonly body: Block;
}

/** The blocks of a name in a body: Terraform's JSON writes one block as an object or as a list of one. */
export function blocks(body: Block, name: string): readonly Block[] {
  const value = body[name];
  return (Array.isArray(value) ? value : [value]).filter(
    (item): item is Block => typeof item === "object" && item !== null,
  );
}

/** The first block of a name, or an empty one. */
export function block(body: Block, name: string): Block {
  return blocks(body, name)[0] ?? {};
}

/** An argument that may be written as a boolean or as a string. */
export function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

/** An argument's text, empty when it is absent. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** An argument's strings: a list, a single string, or none. */
export function strings(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === "string");
}

/** A reference to what another stack hands on. */
export interface Import {
  /** The other stack. */
  readonly stack: StackModel;
  /** Name of its output. */
  readonly output: string;
  /** Keys into the output's value. */
  readonly path: readonly string[];
  /** What stands there: expressions of the other stack, or plain data. */
  readonly exported: unknown;
}

const ADDRESS = /(?<![\w.-])[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*/g;

/** A synthesized stack as the policy rules read it. Indexed once, since every rule asks the same questions. */
export class StackModel {
  /** Every resource of the stack, by address. */
  public readonly resources: readonly ResourceModel[];
  private readonly byType = new Map<string, ResourceModel[]>();
  private readonly references = new Map<string, ReadonlyMap<string, readonly ResourceModel[]>>();
  private readonly documents = new Map<string, readonly Statement[] | undefined>();
  private others: readonly StackModel[] = [];

  /**
   * @param name - the stack's name
   * @param json - the stack's synthesized Terraform JSON
   */
  public constructor(
    public readonly name: string,
    public readonly json: Readonly<Record<string, unknown>>,
  ) {
    const byType = (json["resource"] ?? {}) as Record<string, Record<string, Record<string, unknown>>>;
    for (const [type, instances] of Object.entries(byType)) {
      const models = Object.entries(instances).map(([key, { "//": comment, ...body }]) => ({
        type,
        address: `${type}.${key}`,
        path: (comment as { metadata: { path: string } }).metadata.path,
        body,
      }));
      this.byType.set(type, models);
    }
    this.resources = [...this.byType.values()].flat();
  }

  /** The resources of some types, type by type. */
  public ofType(...types: readonly string[]): readonly ResourceModel[] {
    const [only] = types;
    return types.length === 1 && only !== undefined
      ? (this.byType.get(only) ?? [])
      : types.flatMap((type) => this.byType.get(type) ?? []);
  }

  /** Tells the stacks of a program of each other, so that rules see what one hangs on another's resources. */
  public static link(models: readonly StackModel[]): void {
    for (const model of models) model.others = models.filter((other) => other !== model);
  }

  /**
   * The resources of one type whose argument refers to a resource of this stack, for example the versioning of a bucket:
   * `referring("aws_s3_bucket_versioning", "bucket", bucket)`. They may stand in another stack of the program, which then refers to
   * an output of this one.
   */
  public referring(type: string, argument: string, target: ResourceModel): readonly ResourceModel[] {
    const key = `${type} ${argument}`;
    const index = this.references.get(key) ?? this.indexReferences(type, argument);
    this.references.set(key, index);
    return index.get(target.address) ?? [];
  }

  /** The resources of a type that a value of this stack refers to, each with the stack of the program that it stands in. */
  public referred(type: string, value: unknown): readonly (readonly [ResourceModel, StackModel])[] {
    return [this as StackModel, ...this.others].flatMap((stack) => {
      const addresses = new Set(stack === this ? addressesIn(value) : this.importsFrom(stack, value));
      return stack
        .ofType(type)
        .filter(({ address }) => addresses.has(address))
        .map((resource) => [resource, stack] as const);
    });
  }

  /** The outputs of other stacks of the program that a value refers to. */
  public imports(value: unknown): readonly Import[] {
    return expressionsOf(value).flatMap((expression) =>
      [...expression.matchAll(IMPORT)].flatMap(([, state = "", keys = ""]) => {
        const producer = this.stackOf(state);
        const stack = this.others.find(({ name }) => name === producer);
        if (stack === undefined) return [];
        const [output = "", ...path] = keysIn(keys);
        const { value: whole } = block((stack.json["output"] ?? {}) as Block, output);
        const exported = path.reduce<unknown>((inner, key) => (inner as Block | undefined)?.[key], whole);
        return [{ stack, output, path, exported }];
      }),
    );
  }

  /** The statements of a policy written as JSON in an argument; undefined when it is no JSON document. */
  public statements(text: string): readonly Statement[] | undefined {
    if (!this.documents.has(text)) this.documents.set(text, parseStatements(text));
    return this.documents.get(text);
  }

  /** Addresses of the providers' resources that the stack refers to and does not declare: those of another stack. */
  public strays(): readonly string[] {
    const declared = new Set(this.resources.map(({ address }) => address));
    return [...new Set(addressesIn(this.json))].filter(
      (address) => /^(aws|helm|kubernetes)_/.test(address) && !declared.has(address),
    );
  }

  /** Who refers to what in one argument of one type: only what is asked for is indexed. */
  private indexReferences(type: string, argument: string): ReadonlyMap<string, readonly ResourceModel[]> {
    const index = new Map<string, ResourceModel[]>();
    const add = (resource: ResourceModel, addresses: readonly string[]): void => {
      for (const address of new Set(addresses)) index.set(address, [...(index.get(address) ?? []), resource]);
    };
    for (const resource of this.ofType(type)) add(resource, addressesIn(resource.body[argument]));
    for (const other of this.others) {
      for (const resource of other.ofType(type)) add(resource, other.importsFrom(this, resource.body[argument]));
    }
    return index;
  }

  /** The addresses of another stack's resources that a value refers to through that stack's outputs. */
  private importsFrom(producer: StackModel, value: unknown): readonly string[] {
    return this.imports(value).flatMap(({ stack, exported }) => (stack === producer ? addressesIn(exported) : []));
  }

  /** The name of the stack whose state a data source reads: that of the state file. */
  private stackOf(dataSource: string): string | undefined {
    const states = block((this.json["data"] ?? {}) as Block, "terraform_remote_state");
    const { key, path } = block(block(states, dataSource), "config");
    return /([^/]+)\.tfstate$/.exec(text(key ?? path))?.[1];
  }
}

/** A reference to another stack's output: the data source's name, then keys in either of Terraform's spellings. */
const IMPORT = /\bdata\.terraform_remote_state\.([\w-]+)\.outputs((?:\.[\w-]+|\["[^"]+"\])+)/g;

const keysIn = (keys: string): readonly string[] =>
  [...keys.matchAll(/\.([\w-]+)|\["([^"]+)"\]/g)].map(([, plain, quoted]) => plain ?? quoted ?? "");

/** Every resource address that an argument's expressions name. */
export function addressesIn(value: unknown): readonly string[] {
  return expressionsOf(value).flatMap(addressesOf);
}

/** Every `${…}` in an argument, nested ones included. */
function expressionsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value.includes("${") ? expressionsIn(value) : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(expressionsOf);
}

const addressesOf = (expression: string): readonly string[] => expression.match(ADDRESS) ?? [];

/** The `${…}` parts of a text, braces inside them included. */
function expressionsIn(text: string): string[] {
  const found: string[] = [];
  for (let start = text.indexOf("${"); start !== -1; start = text.indexOf("${", start)) {
    let depth = 1;
    let end = start + 2;
    for (; end < text.length && depth > 0; end += 1) {
      if (text[end] === "{") depth += 1;
      else if (text[end] === "}") depth -= 1;
    }
    found.push(text.slice(start + 2, end));
    start = end;
  }
  return found;
}
