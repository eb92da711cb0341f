import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SecretsManagerStore } from "../../../tools/secrets/secrets";

const PUT = new Date("2026-03-08T14:15:00Z");
const store = () => new SecretsManagerStore({ environment: "dev", id: "444455556666", region: "us-east-1" }, {});

/** Answers each call in turn, and tells what was asked. */
function answering(...answers: readonly object[]) {
  const left = [...answers];
  return jest.spyOn(SecretsManagerClient.prototype, "send").mockImplementation(() => {
    const answer = left.shift();
    if (answer === undefined) throw new Error("nothing more was to be asked");
    return Promise.resolve(answer) as never;
  });
}
afterEach(() => jest.restoreAllMocks());

describe("SecretsManagerStore", () => {
  it("takes the age from the version that is current, on whichever page it stands", async () => {
    answering(
      { KmsKeyId: "k1", LastChangedDate: new Date("2026-11-01"), LastRotatedDate: PUT },
      { Versions: [{ VersionStages: ["AWSPREVIOUS"], CreatedDate: new Date("2026-01-01") }], NextToken: "t" },
      { Versions: [{ VersionStages: ["AWSCURRENT"], CreatedDate: PUT }] },
    );
    expect(await store().describe("a")).toEqual({ deleted: false, since: PUT, key: "k1", rotated: PUT });
  });

  it.each([undefined, ""])("finds no value where no version is current; %p ends the list", async (NextToken) => {
    const asked = answering({ KmsKeyId: "k1" }, { Versions: [], NextToken });
    expect(await store().describe("a")).toEqual({ deleted: false, since: undefined, key: "k1", rotated: undefined });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("asks a secret that waits for its deletion nothing more", async () => {
    answering({ DeletedDate: PUT, KmsKeyId: "k1" });
    expect(await store().describe("a")).toMatchObject({ deleted: true, since: undefined });
  });
});
