import { loadConfig } from "../../../config/load";
import type { ServiceSecret } from "../../../config/service-secrets";
import { secretsCommand } from "../../../tools/secrets/command";
import type { DescribedSecret, SecretWriter } from "../../../tools/secrets/secrets";

const DEV = { environment: "dev", id: "444455556666", region: "us-east-1" };
const READERS = [{ service: "pump", cluster: "k8s" }] as const;
const secret = (reference: string, recipe: ServiceSecret["recipe"]): ServiceSecret => ({
  service: "pump",
  reference,
  recipe,
  readers: READERS,
  afterRotation: [`Restart the pump (${reference}).`],
});
const SECRETS = [
  secret("admin", { kind: "password" }),
  secret("client", { kind: "person", what: "the login provider's page" }),
  { ...secret("cookie", { kind: "hex", bytes: 32 }), keep: "Nothing sealed could be read." },
  secret("web", { kind: "htpasswd", user: "pump" }),
];
const FULL = (reference: string): string => `opsdx/dev/pump/${reference}`;

/** An account that remembers what it is given. */
class Account implements SecretWriter {
  public readonly values = new Map<string, string>();
  public readonly gone = new Set<string>();
  /** Given a value by somebody else just before a first one arrives. */
  public readonly faster = new Set<string>();

  public describe(name: string): Promise<DescribedSecret | undefined> {
    if (this.gone.has(name)) return Promise.resolve(undefined);
    const since = this.values.has(name) ? new Date("2026-03-08T14:15:00Z") : undefined;
    return Promise.resolve({ deleted: false, key: "k1", since });
  }

  public putFirst(name: string, value: string): Promise<boolean> {
    if (this.faster.has(name)) this.values.set(name, "somebody's");
    if (this.values.has(name)) return Promise.resolve(false);
    this.values.set(name, value);
    return Promise.resolve(true);
  }

  public put(name: string, value: string): Promise<void> {
    this.values.set(name, value);
    return Promise.resolve();
  }
}

async function run(words: string, account = new Account(), accountId = DEV.id) {
  const out: string[] = [];
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  const command = secretsCommand({
    load: loadConfig,
    services: () => SECRETS,
    connect: () =>
      Promise.resolve({
        account: DEV,
        identity: { who: () => Promise.resolve({ accountId, arn: "arn:aws:iam::1:role/me" }) },
        store: account,
      }),
  });
  try {
    const error: unknown = await command.parseAsync(words.split(" "), { from: "user" }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { account, out: out.join("\n"), error, said: `${out.join("\n")}\n${String(error)}` };
  } finally {
    log.mockRestore();
    process.exitCode = 0;
  }
}

describe("opsdx secrets init", () => {
  it("makes what can be made, lists what a person gives, and shows no value", async () => {
    const { account, out, said } = await run("init dev");
    expect([...account.values.keys()]).toEqual(["admin", "cookie", "web"].map(FULL));
    expect(out.split("\n")).toEqual([
      `${FULL("admin")}: made`,
      `${FULL("cookie")}: made`,
      `${FULL("web")}: made`,
      "3 made, 0 had a value and keep it.",
      "1 wait for a person. A value goes into a file first; delete it afterwards:",
      `  ${FULL("client")}: the login provider's page`,
      `    aws secretsmanager put-secret-value --secret-id ${FULL("client")} --secret-string file://secret.txt`,
    ]);
    for (const value of account.values.values()) expect(said).not.toContain(value);
  });

  it("changes nothing the second time, and says so", async () => {
    const { account } = await run("init dev");
    const before = new Map(account.values);
    const { out, error } = await run("init dev", account);
    expect(error).toBeUndefined();
    expect(out).toContain("Nothing was empty that can be made: 3 have a value and keep it.");
    expect(account.values).toEqual(before);
  });

  it("makes the one that is named, refuses its second, and makes none beside it", async () => {
    const { account, out } = await run("init dev pump/admin");
    expect([...account.values.keys()]).toEqual([FULL("admin")]);
    expect(out).toContain("1 made, 0 had a value and keep it.");
    const before = new Map(account.values);
    const { error } = await run(`init dev pump/web ${FULL("admin")}`, account);
    expect(error).toMatchObject({ exitCode: 2 });
    expect(String(error)).toContain(`Nothing was changed: ${FULL("admin")} had a first value already.`);
    expect(account.values).toEqual(before);
    expect(String((await run("init dev pump/wbe", account)).error)).toContain('the nearest is "pump/web"');
  });

  it("leaves a value that somebody gives at the same moment", async () => {
    const account = new Account();
    account.faster.add(FULL("admin"));
    const { out } = await run("init dev", account);
    expect(account.values.get(FULL("admin"))).toBe("somebody's");
    expect(out).toContain(`${FULL("admin")}: has a value`);
    expect(out).toContain("2 made, 1 had a value and keep it.");
  });

  it("only tells with --dry-run", async () => {
    const { account, out } = await run("init dev --dry-run");
    expect(account.values.size).toBe(0);
    expect(out).toContain(`${FULL("web")}: would be made (htpasswd)`);
    expect(out).toContain("3 would be made, 0 have a value and keep it.");
  });

  it("makes nothing while stage1 lacks one, in another account, or for no such environment", async () => {
    const account = new Account();
    account.gone.add(FULL("web"));
    const { error } = await run("init dev", account);
    expect(error).toMatchObject({ exitCode: 2 });
    expect(String(error)).toContain(FULL("web"));
    expect(String(error)).toContain("npx cdktf deploy dev-stage1");
    expect(account.values.size).toBe(0);
    const other = await run("init dev", new Account(), "999999999999");
    expect(other.error).toMatchObject({ exitCode: 2 });
    expect(other.account.values.size).toBe(0);
    expect(String((await run("init dve")).error)).toContain('the nearest is "dev"');
  });
});

describe("opsdx secrets rotate", () => {
  it.each(["pump/admin", FULL("admin")])("makes a new value of %s, and says what follows", async (name) => {
    const { account } = await run("init dev");
    const before = account.values.get(FULL("admin"));
    const { out, said } = await run(`rotate dev ${name} --yes`, account);
    const after = account.values.get(FULL("admin")) ?? "";
    expect(after).toMatch(/^[\w-]{43}$/);
    expect(after).not.toBe(before);
    expect(out).toContain("The Kubernetes Secrets of pump on k8s follow within the hour");
    expect(out).toContain("Restart the pump (admin).");
    expect(said).not.toContain(after);
    expect(said).not.toContain(before);
  });

  it("asks for --yes first", async () => {
    const { account } = await run("init dev");
    const before = new Map(account.values);
    const { error } = await run("rotate dev pump/admin", account);
    expect(error).toMatchObject({ exitCode: 2 });
    expect(String(error)).toMatch(/in place of that of 2026-03-08; add --yes[^]*Restart the pump/);
    expect(account.values).toEqual(before);
  });

  it.each([
    ["pump/client", "is a person's to give (the login provider's page)"],
    ["epic2op/db-password", "is a person's to give (whoever runs its source"],
    ["pump/cookie", "keeps its value. Nothing sealed could be read."],
    ["pump/amdin", 'got "pump/amdin"; the nearest is "pump/admin"'],
    ["pump/admin", "has no value yet; its first is made by: npx opsdx secrets init dev"],
  ])("refuses %s: %s", async (name, words) => {
    const { account, error } = await run(`rotate dev ${name} --yes`);
    expect(error).toMatchObject({ exitCode: 2 });
    expect(String(error)).toContain(words);
    expect(account.values.size).toBe(0);
  });
});

describe("opsdx secrets check", () => {
  it("knows the services' secrets, who reads them, and what gives each its value", async () => {
    const { out } = await run("check dev");
    expect(out).toContain("pump on k8s");
    expect(out).toContain("  npx opsdx secrets init dev\n");
    expect(out).toContain(`put-secret-value --secret-id ${FULL("client")}`);
  });
});
