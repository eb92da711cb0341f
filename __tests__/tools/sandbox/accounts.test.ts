import { loadConfig } from "../../../config/load";
import { accountsOf, awsConfig, awsCredentials } from "../../../tools/sandbox/accounts";

const accounts = [
  { profile: "global", id: "111122223333", region: "us-east-1" },
  { profile: "dev", id: "444455556666", region: "us-west-2" },
];

it("gives every account of the configuration a profile of its own", () => {
  const { global, environments } = loadConfig();
  const found = accountsOf({ global, environments });
  expect(found.map(({ profile }) => profile)).toEqual(["global", ...environments.map(({ name }) => name)]);
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
});

it("writes a configuration with each profile's region", () => {
  expect(awsConfig(accounts)).toBe(
    "[profile global]\nregion = us-east-1\noutput = json\n\n[profile dev]\nregion = us-west-2\noutput = json\n",
  );
});

it("writes each account's keys under its profile", () => {
  const keys = ["A", "B"].map((name) => ({
    accessKeyId: `id${name}`,
    secretAccessKey: `secret${name}`,
    sessionToken: `token${name}`,
  }));
  expect(awsCredentials(accounts, keys)).toMatch(
    /\[global\]\naws_access_key_id = idA\naws_secret_access_key = secretA\naws_session_token = tokenA\n[^[]*\[dev\]\naws_access_key_id = idB\n/,
  );
});
