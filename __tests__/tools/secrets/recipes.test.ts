import { execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { compareSync } from "bcryptjs";
import { propertiesOf } from "../../../config/service-secrets";
import { makeValue, type GeneratedRecipe } from "../../../tools/secrets/recipes";

const make = (recipe: GeneratedRecipe): Promise<string> => makeValue(recipe, { validDays: 30 });
const parts = async (recipe: GeneratedRecipe): Promise<Record<string, string>> => {
  const value = JSON.parse(await make(recipe)) as Record<string, string>;
  expect(Object.keys(value)).toEqual(propertiesOf(recipe));
  return value;
};
const folder = mkdtempSync(path.join(tmpdir(), "opsdx-recipes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const has = (program: string): boolean => spawnSync(program, ["-V"]).error === undefined;

describe("makeValue", () => {
  it("makes passwords that need no escape, and never the same", async () => {
    const made = await Promise.all(Array.from({ length: 50 }, () => make({ kind: "password" })));
    expect(new Set(made).size).toBe(50);
    for (const password of made) {
      expect(password).toMatch(/^[\w-]{43}$/);
      expect(encodeURIComponent(password)).toBe(password);
    }
  });

  it.each([
    ["hex", 32, /^[0-9a-f]{64}$/],
    ["base64", 32, /^[A-Za-z0-9+/]{43}=$/],
    ["hex", 16, /^[0-9a-f]{32}$/],
  ] as const)("writes bytes as %s", async (kind, bytes, shape) => {
    expect(await make({ kind, bytes })).toMatch(shape);
  });

  it("makes a login whose hash is that of its password", async () => {
    const { bcrypt = "", password = "", user } = await parts({ kind: "htpasswd", user: "grafana" });
    expect(user).toBe("grafana");
    expect(bcrypt).toMatch(/^\$2b\$04\$/);
    expect(compareSync(password, bcrypt)).toBe(true);
    expect(compareSync(`${password}x`, bcrypt)).toBe(false);
  });

  it("makes an RSA key whose two halves belong together", async () => {
    const { private: key = "", public: line = "" } = await parts({ kind: "rsa" });
    expect(key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect(createPrivateKey(key).asymmetricKeyDetails?.modulusLength).toBe(4096);
    expect(line).toMatch(/^ssh-rsa AAAAB3NzaC1yc2E[A-Za-z0-9+/]+=*$/);
    // OpenSSH's own program, where there is one, derives the same line.
    if (!has("ssh-keygen")) return;
    const file = path.join(folder, "key");
    writeFileSync(file, key, { mode: 0o600 });
    expect(execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).trim()).toBe(line);
  });

  it("makes a certificate for its hosts, under an authority of its own", async () => {
    const hosts = ["prometheus.dev.opsdx.io", "localhost", "10.0.0.1"];
    const { ca = "", certificate = "", key = "" } = await parts({ kind: "certificate", hosts });
    const [own, authority] = [new X509Certificate(certificate), new X509Certificate(ca)];
    expect(own.verify(authority.publicKey)).toBe(true);
    expect(own.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(authority.ca).toBe(true);
    expect(own.ca).toBe(false);
    expect([own.checkHost("prometheus.dev.opsdx.io"), own.checkHost("localhost"), own.checkIP("10.0.0.1")]).toEqual(
      hosts,
    );
    expect(own.checkHost("grafana.dev.opsdx.io")).toBeUndefined();
    const days = (Date.parse(own.validTo) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
  });
});
