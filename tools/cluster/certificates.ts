import "reflect-metadata";
import { generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type JsonGeneralNames,
} from "@peculiar/x509";

const YEARS = 10;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Address of the `kubernetes` service: the first of the service network. */
const SERVICE_ADDRESS = "100.64.0.1";
/** The service network, as kops lays it out. */
export const SERVICE_CIDR = "100.64.0.0/13";

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

type DistinguishedName = Record<string, string[]>[];

interface Issued {
  readonly certificate: string;
  readonly key: string;
}

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

  const authority = await newAuthority();
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

interface Authority {
  readonly certificate: string;
  readonly server: (names: readonly string[]) => Promise<Issued>;
  readonly client: (user: string, groups: readonly string[]) => Promise<Issued>;
}

async function newAuthority(): Promise<Authority> {
  const keys = await newKeys();
  const subject: DistinguishedName = [{ CN: ["opsdx local cluster"] }];
  const validity = { notBefore: new Date(), notAfter: new Date() };
  validity.notAfter.setFullYear(validity.notAfter.getFullYear() + YEARS);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: serialNumber(),
    name: subject,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issue = async (name: DistinguishedName, usage: ExtendedKeyUsage, names?: JsonGeneralNames): Promise<Issued> => {
    const own = await newKeys();
    const issued = await X509CertificateGenerator.create({
      ...validity,
      serialNumber: serialNumber(),
      subject: name,
      issuer: subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        ...(names === undefined ? [] : [new SubjectAlternativeNameExtension(names)]),
      ],
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
    return {
      certificate: `${issued.toString("pem")}\n`,
      key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/(.{64})(?=.)/g, "$1\n")}\n-----END PRIVATE KEY-----\n`,
    };
  };
  return {
    certificate: `${certificate.toString("pem")}\n`,
    server: (names) =>
      issue(
        [{ CN: [names[0] ?? ""] }],
        ExtendedKeyUsage.serverAuth,
        names.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" : "dns", value })),
      ),
    client: (user, groups) => issue([...groups.map((O) => ({ O: [O] })), { CN: [user] }], ExtendedKeyUsage.clientAuth),
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** Sixteen random bytes, the first of which keeps the number positive. */
function serialNumber(): string {
  return `4f${randomBytes(15).toString("hex")}`;
}
