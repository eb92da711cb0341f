import {
  addressChanges,
  addressFaults,
  movedAddresses,
  PINNED_ADDRESSES,
  statefulAddresses,
} from "../../stacks/stateful-addresses";
import { renderProgram } from "./support";

// A new address makes Terraform destroy what stands at the old one. A rename needs a `moved` block; only then change the list.
test("nothing stateful has changed its address", () => {
  expect(addressFaults(addressChanges(statefulAddresses(renderProgram())))).toEqual([]);
});

describe("what changes", () => {
  const known = { a: ["aws_vpc.V", "aws_eip.E"], b: ["aws_s3_bucket.B"] };
  const faults = (actual: typeof PINNED_ADDRESSES, moved = {}) => addressFaults(addressChanges(actual, moved, known));

  it("is what is gone, stack by stack, with the procedure", () => {
    expect(faults({ a: ["aws_vpc.V"] })).toEqual([
      "a:aws_eip.E is gone, and the next deploy would destroy it: give its new address a `moved` block, or follow docs/recipes/remove-a-zone.md, and then run `npx opsdx pin --gone a:aws_eip.E` and commit the result",
      expect.stringMatching(/^b:aws_s3_bucket\.B is gone, /),
    ]);
  });

  it("is what is new, and nothing else", () => {
    expect(faults({ ...known, c: ["aws_vpc.C"] })).toEqual([
      "c:aws_vpc.C is new: run `npx opsdx pin` and commit the result",
    ]);
    expect(faults(known)).toEqual([]);
  });

  it("is not gone where it moves, in the stack that it moves in", () => {
    const json = { moved: [{ from: "aws_eip.E", to: "aws_eip.New" }] };
    const actual = { ...known, a: ["aws_vpc.V", "aws_eip.New"] };
    const move = (name: string) => movedAddresses([{ name, json }]);
    expect(faults(actual, move("a"))).toEqual(["a:aws_eip.New is new: run `npx opsdx pin` and commit the result"]);
    expect(faults(actual, move("b"))[0]).toMatch(/^a:aws_eip\.E is gone, /);
    expect(movedAddresses([{ name: "none", json: {} }])).toEqual({ none: [] });
  });
});

test("the pinned list is not empty for any stack that holds something", () => {
  for (const addresses of Object.values(PINNED_ADDRESSES)) expect(addresses).toEqual([...new Set(addresses)]);
  expect(Object.values(PINNED_ADDRESSES).flat().length).toBeGreaterThan(100);
});
