import fc from "fast-check";
import { policyDocument } from "../../../../constructs/shared/iam/policy-document";
import { parseStatements } from "../../../../constructs/shared/policy/document";

describe("parseStatements", () => {
  test("makes every scalar a list", () => {
    const text = JSON.stringify({
      Statement: { Effect: "Allow", Action: "s3:*", Resource: "*", Principal: { Service: "a", AWS: ["b", "c"] } },
    });
    expect(parseStatements(text)).toEqual([
      {
        sid: "",
        effect: "Allow",
        actions: ["s3:*"],
        notActions: [],
        resources: ["*"],
        notResources: [],
        principals: { Service: ["a"], AWS: ["b", "c"] },
        conditions: {},
      },
    ]);
  });

  test("puts everyone under a type of their own", () => {
    expect(parseStatements('{"Statement":[{"Principal":"*"}]}')?.[0]?.principals).toEqual({ "*": ["*"] });
  });

  test.each([
    ["bare", '{"Statement":[{"Resource":"${data.s.outputs.x["y"]}"}]}'],
    ["escaped", '{"Statement":[{"Resource":"${data.s.outputs.x[\\"y\\"]}"}]}'],
  ])("reads expressions with %s quotes", (_, text) => {
    expect(parseStatements(text)?.[0]?.resources).toEqual(["${data.s.outputs.x['y']}"]);
  });

  test.each([
    "",
    "${data.aws_iam_policy_document.x.json}",
    "{",
    "[]",
    "null",
    '"Statement"',
    '{"Version":"2012-10-17"}',
  ])("knows that %p is no document", (text) => {
    expect(parseStatements(text)).toBeUndefined();
  });

  test("reads back whatever policyDocument writes", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,8}:[A-Za-z*]{1,12}$/), { minLength: 1 });
    fc.assert(
      fc.property(words, words, fc.constantFrom("Allow" as const, "Deny" as const), (actions, resources, effect) => {
        const [statement] = parseStatements(policyDocument({ sid: "One", effect, actions, resources })) ?? [];
        expect(statement).toEqual({
          sid: "One",
          effect,
          actions,
          notActions: [],
          resources,
          notResources: [],
          principals: {},
          conditions: {},
        });
      }),
    );
  });
});
