import { generateKeyPair, randomBytes, type JsonWebKey } from "node:crypto";
import { promisify } from "node:util";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { SecretRecipe } from "../../config/service-secrets";

/** A recipe of which a value can be made. */
export type GeneratedRecipe = Exclude<SecretRecipe, { readonly kind: "person" }>;

/** Bytes of a password: 256 bits of chance, 43 characters. */
const PASSWORD_BYTES = 32;
const RSA_BITS = 4096;
/**
 * The least that bcrypt has. A slow hash is for passwords that can be guessed, and nobody guesses 256 bits; nginx makes it anew for each
 * request, and with 12 rounds each query of a dashboard took it a quarter of a second of a processor.
 */
const BCRYPT_ROUNDS = 4;

/** Days that a certificate outlives the ticket that asks for a new one. */
const GRACE_DAYS = 90;

/** Days that the certificates of an environment are valid. */
export function certificateDays({ secrets: { maxAgeDays } }: Pick<EnvironmentConfig, "secrets">): number {
  return maxAgeDays + GRACE_DAYS;
}

/** Settings of {@link makeValue}. */
export interface ValueProps {
  /** Days that a certificate is valid. */
  readonly validDays: number;
}

/** Makes a new value of a recipe, as AWS Secrets Manager keeps it: a text, or a JSON object. */
export async function makeValue(recipe: GeneratedRecipe, { validDays }: ValueProps): Promise<string> {
  switch (recipe.kind) {
    case "password":
      return newPassword();
    case "hex":
    case "base64":
      return randomBytes(recipe.bytes).toString(recipe.kind);
    case "rsa":
      return JSON.stringify(await rsaKey());
    case "htpasswd": {
      const password = newPassword();
      // Late, as are certificates: most commands need neither.
      const { hash } = await import("bcryptjs");
      return JSON.stringify({ user: recipe.user, password, bcrypt: await hash(password, BCRYPT_ROUNDS) });
    }
    case "certificate": {
      const { newAuthority } = await import("../certificate-authority");
      const authority = await newAuthority(`Authority of ${recipe.hosts[0] ?? ""}`, validDays);
      const { certificate, key } = await authority.server(recipe.hosts);
      return JSON.stringify({ ca: authority.certificate, certificate, key });
    }
  }
}

/** Letters, digits, `-` and `_`: no escape in a URL, a shell or SQL. */
function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString("base64url");
}

async function rsaKey(): Promise<{ readonly private: string; readonly public: string }> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS });
  const { e = "", n = "" }: JsonWebKey = publicKey.export({ format: "jwk" });
  const parts = [Buffer.from("ssh-rsa"), sshInteger(e), sshInteger(n)].flatMap((part) => [lengthOf(part), part]);
  return {
    private: privateKey.export({ type: "pkcs1", format: "pem" }) as string,
    public: `ssh-rsa ${Buffer.concat(parts).toString("base64")}`,
  };
}

/** A positive number as SSH writes it. @see https://www.rfc-editor.org/rfc/rfc4251#section-5 */
function sshInteger(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, "base64url");
  return (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  return length;
}
