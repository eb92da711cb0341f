import fc from "fast-check";
import { agree, describeMembers, generalize, type Instance } from "../../../tools/runbook/generalize";

const of = (bindings: Record<string, string>, facts: string): Instance<string> => ({ bindings, facts });

describe("generalize", () => {
  test.each<[string, Instance<string>[], string | undefined]>([
    ["one text as it stands", [of({ env: "dev" }, "opsdx-dev")], "opsdx-dev"],
    [
      "what all say as it stands",
      [of({ env: "dev" }, "to /dev/null"), of({ env: "prod" }, "to /dev/null")],
      "to /dev/null",
    ],
    [
      "what differs by a name",
      [of({ env: "dev" }, "opsdx-dev-db > /dev/null"), of({ env: "prod" }, "opsdx-prod-db > /dev/null")],
      "opsdx-<env>-db > /dev/null",
    ],
    [
      "an environment's name that is an ordinary word elsewhere",
      [of({ env: "dev" }, "staging bucket of dev"), of({ env: "staging" }, "staging bucket of staging")],
      "staging bucket of <env>",
    ],
    [
      "two names, one of which starts like the other",
      [
        of({ cluster: "k8s", env: "dev" }, "k8s.dev.opsdx.io"),
        of({ cluster: "k8s-ml", env: "dev" }, "k8s-ml.dev.opsdx.io"),
        of({ cluster: "k8s-ml", env: "prod" }, "k8s-ml.prod.opsdx.io"),
      ],
      "<cluster>.<env>.opsdx.io",
    ],
    ["nothing when something else differs", [of({ env: "dev" }, "dev: 2"), of({ env: "prod" }, "prod: 4")], undefined],
    ["no part of a word", [of({ env: "dev" }, "devices"), of({ env: "prod" }, "prodices")], undefined],
  ])("takes %s", (_, instances, expected) => {
    expect(generalize(instances)).toBe(expected);
  });

  test("gives every text back once its placeholders are filled in", () => {
    const name = fc.stringMatching(/^[a-z]{1,5}(-[a-z]{1,3})?$/);
    const piece = fc.oneof(fc.constantFrom("{env}", "{cluster}", "-", ".", " ", "/"), name);
    const bindings = fc.record({ env: name, cluster: name });
    const fill = (text: string, brackets: string, values: Record<string, string>): string =>
      Object.entries(values).reduce(
        (filled, [key, value]) => filled.replaceAll(`${brackets.charAt(0)}${key}${brackets.charAt(1)}`, value),
        text,
      );
    fc.assert(
      fc.property(fc.array(piece), fc.array(bindings, { minLength: 1, maxLength: 6 }), (pieces, all) => {
        const instances = all.map((values) => of(values, fill(pieces.join(""), "{}", values)));
        const general = generalize(instances);
        if (general === undefined) return;
        for (const { bindings: values, facts } of instances) expect(fill(general, "<>", values)).toBe(facts);
      }),
    );
  });
});

describe("agree", () => {
  test("groups those that say the same", () => {
    const instances = [
      of({ env: "dev" }, "dev has 2"),
      of({ env: "staging" }, "staging has 2"),
      of({ env: "prod" }, "prod has 4"),
    ];
    expect(agree(instances, (facts) => facts).map(({ members, value }) => [members.length, value])).toEqual([
      [2, "<env> has 2"],
      [1, "prod has 4"],
    ]);
  });
});

describe("describeMembers", () => {
  const all = ["k8s", "k8s-ml"].flatMap((cluster) =>
    ["dev", "prod"].map((env) => of({ cluster, env, account: "1" }, "")),
  );

  test.each<[string, number[], string]>([
    ["the name that tells them apart", [0, 1], "k8s"],
    ["both, where it takes both", [2], "k8s-ml in dev"],
    ["each, where names alone would say too much", [0, 3], "k8s dev, k8s-ml prod"],
  ])("says %s", (_, indexes, expected) => {
    expect(
      describeMembers(
        all.filter((_instance, index) => indexes.includes(index)),
        all,
      ),
    ).toBe(expected);
  });
});
