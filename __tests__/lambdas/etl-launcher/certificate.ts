import type { KeyObject } from "node:crypto";
import { generateKeyPairSync, sign } from "node:crypto";

/** A certificate and its key, PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority made for one test run. */
export interface Authority {
  readonly certificate: string;
  /** A server's identity, for `localhost` and 127.0.0.1 unless told otherwise. */
  readonly issue: (hostname?: string) => Identity;
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const size = Buffer.from(body.length.toString(16).padStart(4, "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | size.length]), size, body]);
}

const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const hex = (text: string): Buffer => Buffer.from(text, "hex");

// Object identifiers, encoded: RFC 5280 and RFC 5758.
const ECDSA_WITH_SHA256 = sequence(der(0x06, hex("2a8648ce3d040302")));
const COMMON_NAME = der(0x06, hex("550403"));
const BASIC_CONSTRAINTS = der(0x06, hex("551d13"));
const SUBJECT_ALT_NAME = der(0x06, hex("551d11"));
const TRUE = der(0x01, hex("ff"));

const nameOf = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(commonName)))));

function certificate(subject: string, key: KeyObject, signer: KeyObject, issuer: string, extension: Buffer): string {
  const utcTime = (moment: string): Buffer => der(0x17, Buffer.from(moment));
  const content = sequence(
    der(0xa0, der(0x02, hex("02"))),
    der(0x02, Buffer.from([subject.length])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(utcTime("200101000000Z"), utcTime("491231235959Z")),
    nameOf(subject),
    key.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  const signature = der(0x03, hex("00"), sign("sha256", content, signer));
  const text = sequence(content, ECDSA_WITH_SHA256, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${text.replaceAll(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`;
}

const newKeys = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync("ec", { namedCurve: "prime256v1" });

/** Makes an authority with a key of its own. */
export function newAuthority(name: string): Authority {
  const authority = newKeys();
  const isAuthority = sequence(BASIC_CONSTRAINTS, TRUE, der(0x04, sequence(TRUE)));
  return {
    certificate: certificate(name, authority.publicKey, authority.privateKey, name, isAuthority),
    issue(hostname = "localhost") {
      const server = newKeys();
      const names = sequence(
        der(0x82, Buffer.from(hostname)),
        ...(hostname === "localhost" ? [der(0x87, hex("7f000001"))] : []),
      );
      const forNames = sequence(SUBJECT_ALT_NAME, der(0x04, names));
      return {
        certificate: certificate(hostname, server.publicKey, authority.privateKey, name, forNames),
        key: server.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      };
    },
  };
}
