import { addressFaults, PINNED_ADDRESSES, statefulAddresses } from "../../stacks/stateful-addresses";
import { renderProgram } from "./support";

// A new address makes Terraform destroy what stands at the old one. A rename needs a `moved` block; only then change the list.
test("nothing stateful has changed its address", () => {
  expect(addressFaults(statefulAddresses(renderProgram()))).toEqual([]);
});

describe("addressFaults", () => {
  const known = { a: ["aws_vpc.V", "aws_eip.E"], b: ["aws_s3_bucket.B"] };

  it("names what is gone, stack by stack, with the procedure", () => {
    expect(addressFaults({ a: ["aws_vpc.V"] }, known)).toEqual([
      expect.stringMatching(/^a: aws_eip\.E is gone, .* follow docs\/recipes\/remove-a-zone\.md/),
      expect.stringMatching(/^b: aws_s3_bucket\.B is gone, /),
    ]);
  });

  it("names what is new, and nothing else", () => {
    expect(addressFaults({ ...known, c: ["aws_vpc.C"] }, known)).toEqual([
      "c: aws_vpc.C is new: add it to stacks/stateful-addresses.json",
    ]);
    expect(addressFaults(known, known)).toEqual([]);
  });
});

test("the pinned list is not empty for any stack that holds something", () => {
  for (const addresses of Object.values(PINNED_ADDRESSES)) expect(addresses).toEqual([...new Set(addresses)]);
  expect(Object.values(PINNED_ADDRESSES).flat().length).toBeGreaterThan(100);
});
