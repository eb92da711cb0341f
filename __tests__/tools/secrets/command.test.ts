import { loadConfig } from "../../../config/load";
import { secretsCommand } from "../../../tools/secrets/command";
import { configuredSecrets, type DescribedSecret } from "../../../tools/secrets/secrets";
import { environmentNames } from "../../../config/files";

type Described = DescribedSecret | undefined;

const DEV = { environment: "dev", id: "444455556666", region: "us-east-1" };
const [dev] = loadConfig().environments;
if (dev === undefined) throw new Error("no environment");
const names = configuredSecrets(dev).map(({ name }) => name);
const KEY = "arn:aws:kms:us-east-1:444455556666:key/k1";
const PRESENT: DescribedSecret = { deleted: false, since: new Date("2026-03-08T14:15:00Z"), key: KEY };
beforeAll(() =>
  jest.useFakeTimers({ now: new Date("2026-06-16T14:15:00Z"), doNotFake: ["nextTick", "queueMicrotask"] }),
);
afterAll(() => jest.useRealTimers());

async function run(args: readonly string[], describe: (name: string) => Described, accountId = DEV.id) {
  const asked: string[] = [];
  const out: string[] = [];
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  const command = secretsCommand({
    connect: () =>
      Promise.resolve({
        account: DEV,
        identity: { who: () => Promise.resolve({ accountId, arn: "arn:aws:iam::1:role/me" }) },
        store: {
          describe: (name) => {
            asked.push(name);
            return Promise.resolve(describe(name));
          },
          put: () => Promise.reject(new Error("a look puts nothing")),
          putFirst: () => Promise.reject(new Error("a look puts nothing")),
        },
      }),
  });
  try {
    const error: unknown = await command.parseAsync([...args], { from: "user" }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { out: out.join("\n"), asked, error, code: process.exitCode ?? 0 };
  } finally {
    log.mockRestore();
    process.exitCode = 0;
  }
}

describe("configuredSecrets", () => {
  it("are those of the ETLs and the web service, each once, with who reads it", () => {
    expect(configuredSecrets(dev)).toContainEqual({
      name: "opsdx/dev/epic2op/db-password",
      readers: ["epic2op DB_PASSWORD"],
    });
    expect(names).toContain("opsdx/dev/trews-rest-api/db-password");
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("opsdx secrets check", () => {
  it("is content when every secret has a value", async () => {
    const { out, asked, code } = await run(["check", "dev"], () => PRESENT);
    expect(out).toContain("All are there.");
    expect(asked).toEqual(names);
    expect(code).toBe(0);
  });

  it("says for each that cannot be read what helps, and fails", async () => {
    const [missing, empty, deleted] = names;
    const { out, code } = await run(["check", "dev"], (name) => {
      if (name === missing) return undefined;
      if (name === empty) return { deleted: false, key: KEY };
      return name === deleted ? { ...PRESENT, deleted: true } : PRESENT;
    });
    expect(out).toContain(`3 of ${names.length} are not as they should be`);
    expect(out).toMatch(/missing its value/);
    expect(out).toContain("\n  npx cdktf deploy dev-stage1 --ignore-missing-stack-dependencies\n");
    expect(out).toContain(`put-secret-value --secret-id ${empty} --secret-string file://secret.txt`);
    expect(out).toContain(`restore-secret --secret-id ${deleted}`);
    expect(code).toBe(1);
  });

  it("prints JSON for programs", async () => {
    const { out } = await run(["check", "dev", "--json"], () => PRESENT);
    expect(JSON.parse(out)).toContainEqual({
      name: names[0],
      readers: [expect.any(String)],
      state: "present",
      key: KEY,
      since: "2026-03-08T14:15:00.000Z",
      ageDays: 100,
    });
  });

  it("sees the age of the value and the last rotation, and says never where nothing rotates", async () => {
    const [rotated] = names;
    const { out, code } = await run(["check", "dev"], (name) =>
      name === rotated ? { deleted: false, key: KEY, since: PRESENT.since, rotated: new Date("2026-06-01") } : PRESENT,
    );
    expect(out).toContain("100 days");
    expect(out.match(/2026-06-01/g)).toHaveLength(1);
    expect(out.match(/never/g)).toHaveLength(names.length - 1);
    expect(code).toBe(0);
  });

  it.each([
    ["99", 1],
    ["100", 0],
  ])("finds values of 100 days that nothing rotates, where --max-age is %s: exit code %d", async (maxAge, ends) => {
    const [rotated, ...others] = names;
    const { code, out } = await run(["check", "dev", "--max-age", maxAge], (name) =>
      name === rotated ? { ...PRESENT, rotated: new Date("2026-03-08") } : PRESENT,
    );
    expect(code).toBe(ends);
    expect(
      out.includes(`${others.length} of ${names.length} are older than ${maxAge} days: ${others.join(", ")}`),
    ).toBe(ends === 1);
  });

  it.each([undefined, "alias/aws/secretsmanager", "arn:aws:kms:us-east-1:444455556666:alias/aws/secretsmanager"])(
    "finds a secret under AWS's own key, %s, although it has a value",
    async (key) => {
      const { out, code } = await run(["check", "dev"], (name) =>
        name === names[0] ? { ...PRESENT, key, deleted: false } : PRESENT,
      );
      expect(out).toContain("AWS's own");
      expect(out).toContain(`1 of ${names.length} are not as they should be`);
      expect(out).toContain("npx cdktf deploy dev-stage1");
      expect(code).toBe(1);
    },
  );

  it("asks nothing of another account, and knows no other environment", async () => {
    const other = await run(["check", "dev"], () => PRESENT, "999999999999");
    expect(other.asked).toEqual([]);
    expect(String(other.error)).toContain("The credentials belong to account 999999999999");
    const { error } = await run(["check", "dve"], () => PRESENT);
    expect(String(error)).toContain(
      `<env> must be one of ${environmentNames().join(", ")}, got "dve"; the nearest is "dev"`,
    );
  });
});
