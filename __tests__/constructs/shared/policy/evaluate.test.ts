import { policyDocument, type PolicyStatement } from "../../../../constructs/shared/iam/policy-document";
import { decide, namedPolicy, trusts, type RequestContext } from "../../../../constructs/shared/policy/evaluate";

const policy = (name: string, ...statements: PolicyStatement[]) => namedPolicy(name, policyDocument(...statements));
const everything: PolicyStatement = { sid: "All", actions: ["*"], resources: ["*"] };
const object = { action: "s3:GetObject", resource: "arn:aws:s3:::phi/patient" };

describe("decide", () => {
  test("allows what a policy allows, and nothing without one", () => {
    const reads = policy("own", { sid: "Read", actions: ["S3:get*"], resources: ["arn:aws:s3:::phi/*"] });
    expect(decide({ policies: [reads] }, object)).toEqual({ allowed: true, by: "own.Read" });
    expect(decide({ policies: [reads] }, { ...object, resource: "arn:aws:s3:::other/x" })).toEqual({
      allowed: false,
      by: "own",
    });
    expect(decide({ policies: [] }, object).allowed).toBe(false);
  });

  test("a Deny of any policy, or of the boundary, goes before every Allow", () => {
    const deny = policy("no-data", { sid: "No", effect: "Deny", actions: ["s3:GetObject"], resources: ["*"] });
    expect(decide({ policies: [policy("own", everything), deny] }, object)).toEqual({
      allowed: false,
      by: "no-data.No",
    });
    expect(decide({ policies: [policy("own", everything)], boundary: deny }, object).by).toBe("no-data.No");
  });

  test("the boundary must allow too, and allows nothing by itself", () => {
    const boundary = policy("boundary", { sid: "Most", notActions: ["iam:*"], resources: ["*"] });
    const role = { action: "iam:CreateRole", resource: "arn:aws:iam::1:role/x" };
    expect(decide({ policies: [policy("own", everything)], boundary }, role)).toEqual({
      allowed: false,
      by: "boundary",
    });
    expect(decide({ policies: [policy("own", everything)], boundary }, object).allowed).toBe(true);
    expect(decide({ policies: [], boundary }, object).allowed).toBe(false);
  });

  test("NotResource means everything else", () => {
    const deny = policy("own", everything, {
      sid: "NoOthers",
      effect: "Deny",
      actions: ["s3:GetObject"],
      notResources: ["arn:aws:s3:::state/*"],
    });
    expect(decide({ policies: [deny] }, object).allowed).toBe(false);
    expect(decide({ policies: [deny] }, { ...object, resource: "arn:aws:s3:::state/a" }).allowed).toBe(true);
  });

  test.each<[string, Readonly<Record<string, string | readonly string[]>>, RequestContext, boolean]>([
    ["StringEquals", { k: ["a", "b"] }, { K: "b" }, true],
    ["StringEquals", { k: "a" }, {}, false],
    ["StringNotEquals", { k: ["a", "b"] }, { k: "b" }, false],
    ["StringNotEquals", { k: "a" }, { k: "c" }, true],
    ["StringNotEquals", { k: "a" }, {}, true],
    ["StringLike", { k: "a*c" }, { k: "abc" }, true],
    ["StringLike", { k: "a?c" }, { k: "abbc" }, false],
    ["StringNotLike", { k: "a*" }, { k: "b" }, true],
    ["StringNotLike", { k: "a*" }, {}, true],
    ["StringEqualsIfExists", { k: "a" }, {}, true],
    ["StringEqualsIfExists", { k: "a" }, { k: "b" }, false],
    ["ArnLike", { k: "arn:aws:iam::1:role/*" }, { k: "arn:aws:iam::1:role/a/b" }, true],
    ["ArnLike", { k: "arn:aws:*:role/x" }, { k: "arn:aws:iam::1:role/x" }, false],
    ["ArnEquals", { k: "arn:aws:iam::1:role/x" }, { k: "arn:aws:iam::2:role/x" }, false],
    ["ArnNotLike", { k: "arn:aws:iam::1:role/*" }, { k: "arn:aws:iam::2:role/x" }, true],
    ["Bool", { k: "true" }, { k: "TRUE" }, true],
    ["BoolIfExists", { k: "false" }, {}, true],
    ["Null", { k: "true" }, {}, true],
    ["Null", { k: "false" }, {}, false],
    ["Null", { k: "true" }, { k: "x" }, false],
    ["ForAllValues:StringEquals", { k: ["a", "b"] }, { k: ["a", "a"] }, true],
    ["ForAllValues:StringEquals", { k: ["a", "b"] }, { k: ["a", "c"] }, false],
    ["ForAllValues:StringEquals", { k: "a" }, {}, true],
    ["ForAnyValue:StringLike", { k: "a*" }, { k: ["x", "ab"] }, true],
    ["ForAnyValue:StringLike", { k: "a*" }, {}, false],
  ])("%s %j with %j: %s", (operator, wanted, context, expected) => {
    const own = policy("own", { ...everything, conditions: { [operator]: wanted } });
    expect(decide({ policies: [own] }, { ...object, context }).allowed).toBe(expected);
  });

  test("all conditions of a statement must hold", () => {
    const own = policy("own", { ...everything, conditions: { StringEquals: { a: "1", b: "2" }, Null: { c: "true" } } });
    expect(decide({ policies: [own] }, { ...object, context: { a: "1", b: "2" } }).allowed).toBe(true);
    expect(decide({ policies: [own] }, { ...object, context: { a: "1", b: "3" } }).allowed).toBe(false);
    expect(decide({ policies: [own] }, { ...object, context: { a: "1", b: "2", c: "" } }).allowed).toBe(false);
  });

  test("does not guess: an operator or a policy variable that it does not know is an error", () => {
    const date = policy("own", { ...everything, conditions: { DateLessThan: { k: "2026-01-01" } } });
    expect(() => decide({ policies: [date] }, object)).toThrow("the condition operator DateLessThan is not known here");
    const variable = policy("own", { ...everything, resources: ["arn:aws:s3:::${aws:PrincipalTag/x}/*"] });
    expect(() => decide({ policies: [variable] }, object)).toThrow("policy variables are not known here");
    expect(() => namedPolicy("own", "{}")).toThrow("own must be a policy document, got {}");
  });
});

describe("trusts", () => {
  const role = "arn:aws:iam::111122223333:role/a";
  const trust = (principals: PolicyStatement["principals"], conditions?: PolicyStatement["conditions"]) =>
    policy("trust", { sid: "T", actions: ["sts:AssumeRole"], principals, conditions });
  const assume = { principal: ["AWS", role], action: "sts:AssumeRole" } as const;

  test("lets in the role, its account, or everyone; nobody else, by no other action", () => {
    expect(trusts(trust({ AWS: [role] }), assume)).toBe(true);
    expect(trusts(trust({ AWS: "arn:aws:iam::111122223333:root" }), assume)).toBe(true);
    expect(trusts(trust("*"), assume)).toBe(true);
    expect(trusts(trust({ AWS: "arn:aws:iam::444455556666:root" }), assume)).toBe(false);
    expect(trusts(trust({ Service: "lambda.amazonaws.com" }), assume)).toBe(false);
    expect(trusts(trust({ AWS: [role] }), { ...assume, action: "sts:AssumeRoleWithSAML" })).toBe(false);
  });

  test("looks at conditions", () => {
    const external = trust({ AWS: [role] }, { StringEquals: { "sts:ExternalId": "x" } });
    expect(trusts(external, assume)).toBe(false);
    expect(trusts(external, { ...assume, context: { "sts:ExternalId": "x" } })).toBe(true);
  });
});
