import { z } from "zod";
import { rule, valid } from "../../../config/schema/rule";

const sum = rule(z.object({ a: z.int(), b: valid(z.int()) }), function* ({ a, b }) {
  if (a + (b ?? 0) > 10) yield { path: ["a"], rule: "must stay within 10", received: a };
});

describe("rule", () => {
  it("reports what its check yields", () => {
    expect(sum({ a: 6, b: 5 })).toEqual([{ path: ["a"], rule: "must stay within 10", received: 6 }]);
    expect(sum({ a: 5, b: 5 })).toEqual([]);
  });

  it("passes over parts that it does not need", () => {
    expect(sum({ a: 11, other: "wrong" })).toHaveLength(1);
  });

  it.each([undefined, null, 4, [], {}, { a: "11" }])("is silent without the parts that it needs (%j)", (input) => {
    expect(sum(input)).toEqual([]);
  });

  it("does without a part that is only wished for", () => {
    expect(sum({ a: 11, b: "wrong" })).toHaveLength(1);
    expect(sum({ a: 10, b: "wrong" })).toEqual([]);
  });
});
