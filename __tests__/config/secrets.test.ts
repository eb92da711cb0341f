import { isSecretName, secretShape } from "../../config/secrets";
import { problemsAfter } from "./support";

const TOKEN = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0In0", "dozjgNryP4J3jVmNHl0w"].join(".");

describe("a secret's name", () => {
  it.each([
    ...[
      "PGPASSWORD",
      "DB_PASS",
      "DBPASS",
      "MYSQL_PWD",
      "API_KEY",
      "APIKEY",
      "AWS_ACCESS_KEY_ID",
      "clientSecret",
      "accessToken",
    ],
    ...[
      "SENTRY_DSN",
      "BASIC_AUTH",
      "OAUTH",
      "GOOGLE_APPLICATION_CREDENTIALS",
      "DB_CREDS",
      "KEY_PREFIX",
      "TOKEN_URL",
      "JWT",
      "PASS2",
    ],
  ])("is %s", (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(["AUTHOR", "LEVEL", "PASSENGERS", "KEYBOARD", "URL", "PASSIVE_MODE", "DB_HOST", "AUTHORITY_URL"])(
    "is not %s",
    (name) => {
      expect(isSecretName(name)).toBe(false);
    },
  );
});

describe("a secret's shape", () => {
  it.each([
    ["an AWS access key", `AKIA${"ABCD".repeat(4)}`],
    ["a JSON Web Token", TOKEN],
    ["a password=… setting", "host=db user=op password=hunter2 dbname=op"],
    ["a password=… setting", "jdbc:postgresql://db/op?user=op&password=hunter2"],
    ["a password=… setting", "Server=db;Uid=op;Pwd=hunter2;"],
    ["a URL with a password", "postgres://op:hunter2@db/op"],
    ["a URL with a password", "redis://:hunter2@cache"],
    ["credentials of HTTP", "Basic b3A6aHVudGVyMg=="],
    ["credentials of HTTP", `Authorization: Bearer ${"a1".repeat(12)}`],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----"],
    ["a GitHub token", `ghp_${"a1".repeat(18)}`],
    ["a Slack token", `xoxb-${"1".repeat(12)}`],
  ])("is that of %s", (what, text) => {
    expect(secretShape(text)).toBe(what);
  });

  it.each([
    ...[
      "https://user@host/a",
      "https://a.b/c?d=e",
      "Basic settings",
      "basic",
      "a=b",
      "bypass=1",
      "password=",
      "/run/secrets/pass",
    ],
    ...["postgres://op@db:5432/op", "10:30", "ski-lift", "arn:aws:iam::123456789012:role/a"],
  ])("is not that of %s", (text) => {
    expect(secretShape(text)).toBeUndefined();
  });
});

describe("the configuration", () => {
  const faults = (env: Record<string, string>, notSecret: readonly string[] = []) =>
    ["dev.web", "dev.etls.op2dw"].map((place) =>
      problemsAfter({ [`${place}.env`]: env, [`${place}.notSecret`]: notSecret }).map(({ path, rule, received }) => ({
        at: path.replace(/^(web|etls\.op2dw)\./, ""),
        rule: rule.split(":")[0],
        received,
      })),
    );

  it.each(["PGPASSWORD", "DB_PASS"])("holds no value under the name %s", (name) => {
    const expected = [{ at: `env.${name}`, rule: "must not be a secret", received: '"(not shown)"' }];
    expect(faults({ [name]: "x" })).toEqual([expected, expected]);
  });

  it("holds no value that looks like a secret, whatever its name says", () => {
    const expected = [
      {
        at: "env.KEY_PREFIX",
        rule: "must not be a secret, but looks like a JSON Web Token",
        received: '"(not shown)"',
      },
    ];
    expect(faults({ KEY_PREFIX: TOKEN }, ["KEY_PREFIX"])).toEqual([expected, expected]);
  });

  it("says beside a variable that it is no secret, and about no other", () => {
    expect(faults({ KEY_PREFIX: "trews/" }, ["KEY_PREFIX"])).toEqual([[], []]);
    const stale = [
      {
        at: "notSecret.0",
        rule: "must name, once, a variable of env that is called like a secret",
        received: '"LEVEL"',
      },
      {
        at: "notSecret.2",
        rule: "must name, once, a variable of env that is called like a secret",
        received: '"KEY_PREFIX"',
      },
    ];
    expect(faults({ KEY_PREFIX: "a", LEVEL: "b" }, ["LEVEL", "KEY_PREFIX", "KEY_PREFIX"])).toEqual([stale, stale]);
  });

  it("is never shown where a secret was mistyped", () => {
    const shown = problemsAfter({
      "dev.web.secrets": { DB_PASSWORD: "Hunter2 is mine" },
      "dev.web.env": { NOTE: 7 },
      "dev.web.host": "postgres://op:hunter2@db/op",
      "dev.etls.op2dw": [{ env: { A: "hunter2" }, secrets: "hunter2" }],
    });
    expect(shown.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["web.secrets.DB_PASSWORD", "web.env.NOTE", "web.host", "etls.op2dw"]),
    );
    expect(JSON.stringify(shown)).not.toMatch(/hunter2/i);
  });
});
