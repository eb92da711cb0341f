import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
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

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

type DistinguishedName = Record<string, string[]>[];

/** A certificate and its key, PEM. */
export interface Issued {
  /** The certificate. */
  readonly certificate: string;
  /** The key. */
  readonly key: string;
}

/** A certificate authority. Its key is gone with this object. */
export interface Authority {
  /** Its own certificate, PEM. */
  readonly certificate: string;
  /** Issues a server's certificate for names and IPv4 addresses; the first is also its common name. */
  readonly server: (names: readonly string[]) => Promise<Issued>;
  /** Issues a client's certificate for a user of Kubernetes and its groups. */
  readonly client: (user: string, groups: readonly string[]) => Promise<Issued>;
}

/**
 * Makes an authority.
 * @param name - its common name
 * @param days - how long it and what it issues are valid, from now on
 */
export async function newAuthority(name: string, days: number): Promise<Authority> {
  const keys = await newKeys();
  const subject: DistinguishedName = [{ CN: [name] }];
  const validity = { notBefore: new Date(), notAfter: new Date() };
  validity.notAfter.setDate(validity.notAfter.getDate() + days);
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
  const issue = async (
    holder: DistinguishedName,
    usage: ExtendedKeyUsage,
    names?: JsonGeneralNames,
  ): Promise<Issued> => {
    const own = await newKeys();
    const issued = await X509CertificateGenerator.create({
      ...validity,
      serialNumber: serialNumber(),
      subject: holder,
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
