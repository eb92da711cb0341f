import { TerraformOutput, Token } from "../constructs/cdktf";
import { publishValue } from "../constructs/publish/published-value";
import type { BaseStack } from "./base-stack";

/** A value that one stage hands to the next: strings, lists and maps of strings, never an object of the tree. */
export type ExportedValue = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>;

/** A stage's exports: by system, then by name. */
export type StageExports = Readonly<Record<string, object>>;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const pascalCase = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function entriesOf(exports: object): [string, ExportedValue][] {
  return Object.entries(exports) as [string, ExportedValue][];
}

/** Declares one named, readable output per system of the stage. */
export function declareOutputs(stack: BaseStack, exports: StageExports): void {
  for (const [system, values] of Object.entries(exports)) {
    new TerraformOutput(stack, snakeCase(system), { value: values, staticId: true });
  }
}

/** Publishes every export of the stage to SSM as `/opsdx/<env>/<stage>/<system>/<name>`, for readers outside this program. */
export function publishExports(stack: BaseStack, environment: string, stage: string, exports: StageExports): void {
  for (const [system, values] of Object.entries(exports)) {
    for (const [name, value] of entriesOf(values)) {
      publishValue(stack, `Publish${pascalCase(system)}${pascalCase(name)}`, {
        environment,
        stage,
        system: kebabCase(system),
        name: kebabCase(name),
        value,
      });
    }
  }
}

/** The producer's exports as the consumer sees them: the same shape, read from remote state. */
export function importOutputs<T extends StageExports>(consumer: BaseStack, producer: BaseStack, exports: T): T {
  consumer.addDependency(producer);
  const state = producer.remoteState(consumer);
  const mirror = (value: unknown, reference: string): unknown => {
    if (typeof value === "string") return `\${${reference}}`;
    if (Token.isUnresolved(value) || Array.isArray(value)) return Token.asList(`\${${reference}}`);
    return Object.fromEntries(
      Object.entries(value as object).map(([key, inner]) => [key, mirror(inner, `${reference}["${key}"]`)]),
    );
  };
  return Object.fromEntries(
    Object.entries(exports).map(([system, values]) => [
      system,
      mirror(values, `${state.fqn}.outputs.${snakeCase(system)}`),
    ]),
  ) as T;
}
