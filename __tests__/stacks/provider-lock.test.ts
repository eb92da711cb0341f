import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { LOCK_FILE, PROVIDER_VERSIONS } from "../../stacks/deployment";
import { layProviderLocks, lockNotice, providerLock, requiredProviders } from "../../stacks/provider-lock";
import { lockFile } from "../tools/providers/support";

const folder = mkdtempSync(path.join(os.tmpdir(), "provider-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a lock file with every provider at its version has nothing open, and keeps each entry to the letter", () => {
  const whole = lockFile({ aws: "5.100.0", helm: "3.1.2", kubernetes: "2.38.0" });
  const lock = providerLock(whole);
  expect(lock).toMatchObject({ missing: [], stale: [] });
  expect(lock.text.split("\n").slice(2)).toEqual(whole.split("\n").slice(3));
  expect(lockNotice(lock)).toBeUndefined();
});

test("what is missing and what is locked at another version is told, and not laid", () => {
  const lock = providerLock(lockFile({ aws: "6.0.0", helm: "3.1.2" }));
  expect(lock).toMatchObject({ missing: ["hashicorp/kubernetes"], stale: ["hashicorp/aws 6.0.0"] });
  expect(lock.text).not.toMatch(/aws|kubernetes/);
  expect(lockNotice(lock)).toBe(
    "Providers not locked (their versions are exact, their checksums are not compared): hashicorp/kubernetes, hashicorp/aws 6.0.0. " +
      "`npx opsdx providers lock` writes .terraform.lock.hcl.",
  );
});

test("without a lock file all are missing", () => {
  expect(providerLock()).toEqual({ text: "", missing: Object.keys(PROVIDER_VERSIONS).sort(), stale: [] });
});

test("beside a stack lie the providers that it requires; without a lock file, what lay there stays", () => {
  const file = path.join(folder, "project.hcl");
  const laid = path.join(folder, LOCK_FILE);
  const lay = (): void => layProviderLocks(file, [{ directory: folder, wanted: { "hashicorp/aws": "= 5.100.0" } }]);
  lay();
  expect(existsSync(laid)).toBe(false);
  writeFileSync(file, lockFile({ aws: "5.100.0", helm: "3.1.2" }));
  lay();
  const text = readFileSync(laid, "utf8");
  expect(text).toContain(lockFile({ aws: "5.100.0" }).split("\n").slice(3).join("\n"));
  expect(text).not.toContain("helm");
  rmSync(file);
  lay();
  expect(readFileSync(laid, "utf8")).toBe(text);
});

test.each(["aws", "hashicorp/aws", "registry.terraform.io/hashicorp/aws"])(
  "knows a required provider written as %s",
  (source) => {
    const json = { terraform: { required_providers: { aws: { source, version: "= 5.100.0" } } } };
    expect(requiredProviders(json)).toEqual({ "hashicorp/aws": "= 5.100.0" });
  },
);
