import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Issued } from "../certificate-authority";

/** Address of the `kubernetes` service: the first of the service network. */
const SERVICE_ADDRESS = "100.64.0.1";
/** The service network, as kops lays it out. */
export const SERVICE_CIDR = "100.64.0.0/13";

/** Ten years: nobody renews what a local control plane was made with. */
const VALID_DAYS = 3653;

/** Who is given a client certificate: the user, and its groups. */
const CLIENTS = {
  admin: { user: "opsdx-admin", groups: ["system:masters"] },
  "kube-controller-manager": { user: "system:kube-controller-manager", groups: [] },
  "kube-scheduler": { user: "system:kube-scheduler", groups: [] },
  // It is the kubelet of every node and the owner of every pod at once, which no role of Kubernetes' own is.
  kwok: { user: "kwok", groups: ["system:masters"] },
} as const;

/** A client of the API with a certificate. */
export type Client = keyof typeof CLIENTS;

/** Names of the files of {@link ensureCertificates}. */
export const CERTIFICATES = {
  authority: "ca.crt",
  apiServer: { certificate: "apiserver.crt", key: "apiserver.key" },
  authenticator: { certificate: "authenticator.crt", key: "authenticator.key" },
  /** Signs tokens of service accounts. */
  serviceAccounts: { publicKey: "service-account.pub", key: "service-account.key" },
  client: (name: Client) => ({ certificate: `${name}.crt`, key: `${name}.key` }),
} as const;

/**
 * Makes the authority, the servers' and clients' certificates and the service-account key of a control plane in a folder that does
 * not exist yet; leaves an existing one as it is. The authority's key is kept nowhere.
 */
export async function ensureCertificates(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): void => writeFileSync(path.join(draft, name), text, { mode: 0o600 });
  const writePair = (names: { certificate: string; key: string }, issued: Issued): void => {
    write(names.certificate, issued.certificate);
    write(names.key, issued.key);
  };

  // Not at the top: certificates are made once, and every command would pay for the library.
  const { newAuthority } = await import("../certificate-authority");
  const authority = await newAuthority("opsdx local cluster", VALID_DAYS);
  write(CERTIFICATES.authority, authority.certificate);
  writePair(
    CERTIFICATES.apiServer,
    await authority.server([
      "localhost",
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      "127.0.0.1",
      SERVICE_ADDRESS,
    ]),
  );
  writePair(CERTIFICATES.authenticator, await authority.server(["127.0.0.1"]));
  for (const [name, { user, groups }] of Object.entries(CLIENTS)) {
    writePair(CERTIFICATES.client(name as Client), await authority.client(user, groups));
  }
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  write(CERTIFICATES.serviceAccounts.publicKey, publicKey.export({ type: "spki", format: "pem" }) as string);
  write(CERTIFICATES.serviceAccounts.key, privateKey.export({ type: "pkcs8", format: "pem" }) as string);
  renameSync(draft, folder);
}
