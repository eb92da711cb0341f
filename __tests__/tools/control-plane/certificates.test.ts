import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CERTIFICATES, ensureCertificates } from "../../../tools/control-plane/certificates";

const parent = mkdtempSync(path.join(os.tmpdir(), "certificates-"));
const folder = path.join(parent, "pki");
const text = (name: string): string => readFileSync(path.join(folder, name), "utf8");
const certificate = (name: string): X509Certificate => new X509Certificate(text(name));

beforeAll(() => ensureCertificates(folder));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

it("come from one authority, whose key is nowhere", () => {
  const authority = certificate(CERTIFICATES.authority);
  expect(authority.ca).toBe(true);
  for (const { certificate: name } of [
    CERTIFICATES.apiServer,
    CERTIFICATES.authenticator,
    CERTIFICATES.client("admin"),
  ]) {
    expect(certificate(name).verify(authority.publicKey)).toBe(true);
    expect(certificate(name).ca).toBe(false);
  }
});

it("belong to their keys, which only their owner may read", () => {
  const { certificate: name, key } = CERTIFICATES.client("kwok");
  expect(certificate(name).checkPrivateKey(createPrivateKey(text(key)))).toBe(true);
  expect(statSync(path.join(folder, key)).mode & 0o077).toBe(0);
});

it("name the servers as they are called, and the clients as Kubernetes knows them", () => {
  const server = certificate(CERTIFICATES.apiServer.certificate);
  expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(server.checkHost("kubernetes.default.svc")).toBe("kubernetes.default.svc");
  expect(server.checkHost("example.com")).toBeUndefined();
  expect(certificate(CERTIFICATES.client("admin").certificate).subject).toBe("O=system:masters\nCN=opsdx-admin");
  expect(certificate(CERTIFICATES.client("kube-scheduler").certificate).subject).toBe("CN=system:kube-scheduler");
});

it("stay as they are", async () => {
  const before = text(CERTIFICATES.authority);
  await ensureCertificates(folder);
  expect(text(CERTIFICATES.authority)).toBe(before);
});
