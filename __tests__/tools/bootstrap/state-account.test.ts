import { stateContents } from "../../../tools/bootstrap/state-account";

const state = {
  version: 4,
  resources: [
    { mode: "managed", type: "aws_s3_bucket", name: "a", instances: [{ attributes: { id: "bucket" } }] },
    { mode: "data", type: "aws_region", name: "b", instances: [{ attributes: { id: "us-east-1" } }] },
    {
      mode: "managed",
      module: "module.m",
      type: "aws_eip",
      name: "c",
      instances: [
        { index_key: 0, attributes: { id: "eip-0" } },
        { index_key: "x", attributes: { id: "eip-x" } },
      ],
    },
    { mode: "managed", type: "aws_kms_key", name: "d", instances: [{}] },
  ],
};

describe("stateContents", () => {
  test("reads the id of every real object by its address", () => {
    expect(stateContents(JSON.stringify(state), "s")).toEqual({
      "aws_s3_bucket.a": "bucket",
      "module.m.aws_eip.c[0]": "eip-0",
      'module.m.aws_eip.c["x"]': "eip-x",
      "aws_kms_key.d": "",
    });
  });

  test.each([
    ["", "got 0 characters of version unknown"],
    ["not json", "got 8 characters of version unknown"],
    ['{"version":3,"resources":[]}', "got 28 characters of version 3"],
    ['{"version":4}', "got 13 characters of version 4"],
  ])("refuses %p", (text, message) => {
    expect(() => stateContents(text, "s3://b/k")).toThrow(
      `s3://b/k must be a Terraform state of version 4, ${message}`,
    );
  });
});
