import { Fn, TerraformOutput, Token } from "../constructs/shared/cdktf";
import { constructId } from "../constructs/shared/construct-id";
import { refuse } from "../constructs/shared/props-error";
import { publishValue } from "../constructs/shared/publish/published-value";
import type { BaseStack } from "./base-stack";

/** A value that one stage hands to the next: strings, lists and maps of strings, never an object of the tree. */
export type ExportedValue = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>;

/** A stage's exports: by system, then by name. */
export type StageExports = Readonly<Record<string, object>>;

const snakeCase = (name: string): string =>
  name.replaceAll("-", "_").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
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
      publishValue(stack, constructId("publish", system, name), {
        environment,
        stage,
        system: kebabCase(system),
        name: kebabCase(name),
        value,
      });
    }
  }
}

/**
 * The producer's exports as the consumer sees them: the same shape, read from remote state.
 *
 * The references are tokens rather than `${…}` written out: those would be escaped inside a JSON policy, and refused by
 * Terraform's functions.
 *
 * @throws PropsError naming every export that is anything but a string, a list or a map of them
 */
export function importOutputs<T extends StageExports>(consumer: BaseStack, producer: BaseStack, exports: T): T {
  consumer.addDependency(producer);
  const state = producer.remoteState(consumer);
  const faults: string[] = [];
  const mirror = (value: unknown, output: string, keys: readonly string[]): unknown => {
    if (typeof value === "string") return Token.asString(Fn.lookupNested(state.get(output), [...keys]));
    if (Array.isArray(value)) return Token.asList(Fn.lookupNested(state.get(output), [...keys]));
    if (typeof value === "object" && value !== null && !Token.isUnresolved(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, mirror(inner, output, [...keys, key])]),
      );
    }
    faults.push(
      `export ${[output, ...keys].join(".")} must be a string, a list or a map of strings, got ${String(value)}`,
    );
    return undefined;
  };
  const mirrored = Object.fromEntries(
    Object.entries(exports).map(([system, values]) => [system, mirror(values, snakeCase(system), [])]),
  ) as T;
  refuse(producer, faults);
  return mirrored;
}
