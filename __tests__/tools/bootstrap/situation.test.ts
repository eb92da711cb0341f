import fc from "fast-check";
import { BootstrapError, remaining, type StateContents } from "../../../tools/bootstrap/situation";

const BUCKET = { "aws_s3_bucket.state": "state" };
const BOTH = { ...BUCKET, "aws_kms_key.state": "1234" };
const left = (bucketExists: boolean, remote?: StateContents, local?: StateContents | "broken", begun = false) =>
  remaining({ bucketExists, remote, local, begun }, "state", "local.tfstate");

describe("what is left to do", () => {
  test.each([
    ["nothing was done yet", false, undefined, undefined, "everything"],
    ["an apply was interrupted before the bucket was made", false, undefined, {}, "everything"],
    ["an apply was interrupted after the bucket was made", true, undefined, BUCKET, "everything"],
    ["the state was not moved yet", true, undefined, BOTH, "everything"],
    ["the moved state was not checked yet", true, BOTH, BOTH, "check"],
    ["the moved state has grown since", true, { ...BOTH, "aws_sns_topic.page": "arn" }, BOTH, "check"],
    ["all is done", true, BOTH, undefined, "nothing"],
  ] as const)("%s", (_, bucketExists, remote, local, expected) => {
    expect(left(bucketExists, remote, local)).toBe(expected);
  });

  test.each([
    ["a run was killed before the bucket was made", false, undefined, undefined, "everything"],
    ["a run was killed before Terraform wrote of the bucket", true, undefined, undefined, "everything"],
    ["a run was killed while Terraform wrote of the bucket", true, undefined, "broken", "everything"],
    ["the local state was lost after the move", true, BOTH, undefined, "check"],
    ["the local state was broken after the move", true, BOTH, "broken", "check"],
  ] as const)("%s, on this machine", (_, bucketExists, remote, local, expected) => {
    expect(left(bucketExists, remote, local, true)).toBe(expected);
  });

  test("stops at a bucket that nobody here made, and says what to do", () => {
    expect(() => left(true)).toThrow(BootstrapError);
    expect(() => left(true)).toThrow(/holds no state of the global stack, and this machine has no local\.tfstate/);
    expect(() => left(true)).toThrow(/aws s3 rb s3:\/\/state/);
  });

  test.each([
    ["another object under the same address", { ...BOTH, "aws_kms_key.state": "5678" }],
    ["an object that the moved state lacks", BUCKET],
  ])("keeps a local state that knows %s", (_, remote) => {
    expect(() => left(true, remote, BOTH)).toThrow(/names aws_kms_key\.state, which the state in state does not know/);
  });

  test("never gives up a local state unless the moved one knows everything in it", () => {
    const contents = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"));
    fc.assert(
      fc.property(contents, contents, (remote, local) => {
        const known = Object.entries(local).every(([address, id]) => remote[address] === id);
        if (known) expect(left(true, remote, local)).toBe("check");
        else expect(() => left(true, remote, local)).toThrow(BootstrapError);
      }),
    );
  });
});
