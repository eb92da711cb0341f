import type { Rule } from "../../../../../constructs/shared/policy/rule";
import { Testing } from "../../../../../constructs/shared/cdktf";
import { BaseStack } from "../../../../../stacks/base-stack";
import { declareOutputs, importOutputs, type StageExports } from "../../../../../stacks/exports";
import { modelsOf } from "../../../../../stacks/models";
import { synth, TEST_ACCOUNT } from "../../../../support";

/** Declares what a case is about. */
export type Build = (stack: BaseStack) => void;

/** What one rule accepts, and what it refuses with which words. */
export interface RuleCases {
  /** Stacks without a violation, by what they show. */
  readonly accepts: Readonly<Record<string, Build>>;
  /** Stacks with exactly one violation, of the construct `Bad`, by what they show. */
  readonly refuses: Readonly<Record<string, readonly [problem: string, build: Build]>>;
}

/** Tests every rule of an area on both sides; a rule without cases fails. */
export function testRules(rules: readonly Rule[], cases: Readonly<Record<string, RuleCases>>): void {
  test("every rule has cases, and every case a rule", () => {
    expect(Object.keys(cases).sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
    const { accepts, refuses } = cases[id] ?? { accepts: {}, refuses: {} };

    test.each(Object.entries(accepts))("accepts %s", (_, build) => {
      expect(rule.check(synth(build))).toEqual([]);
    });

    test.each(Object.entries(refuses))("refuses %s", (_, [problem, build]) => {
      expect(rule.check(synth(build)).map((found) => [found.resource.path, found.problem])).toEqual([
        ["test/Bad", problem],
      ]);
    });

    test("cites its ground and says how to satisfy it", () => {
      expect(rule.citation).toMatch(/^(HIPAA 164\.|https:\/\/docs\.aws\.amazon\.com\/|docs\/)/);
      expect(rule.fix.length).toBeGreaterThan(10);
    });
  });
}

/**
 * What some rules find in two stacks of a program, `[path, problem]` each, of which the second reads the first one's outputs.
 *
 * @param produce - declares the first, and returns what it exports
 * @param consume - declares the second
 */
export function findAcross<T extends StageExports>(
  rules: readonly Rule[],
  produce: (stack: BaseStack) => T,
  consume: (stack: BaseStack, imported: T) => void,
): readonly (readonly [string, string])[] {
  const app = Testing.app();
  const [producer, consumer] = ["first", "second"].map(
    (id) =>
      new BaseStack(app, id, {
        owner: "test",
        account: TEST_ACCOUNT,
        deployment: { kind: "cloud", stateBucket: "state", stateAccount: TEST_ACCOUNT },
      }),
  ) as [BaseStack, BaseStack];
  const exports = produce(producer);
  declareOutputs(producer, exports);
  consume(consumer, importOutputs(consumer, producer, exports));
  return modelsOf([producer, consumer]).flatMap(([, model]) =>
    rules.flatMap((rule) => rule.check(model).map(({ resource, problem }) => [resource.path, problem] as const)),
  );
}
