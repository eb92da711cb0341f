import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Settings } from "./settings";

type HashConstructor = ConstructorParameters<typeof SignatureV4>[0]["sha256"];

/** aws-iam-authenticator's prefix and header: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster */
const PREFIX = "k8s-aws-v1.";
const CLUSTER_HEADER = "x-k8s-aws-id";
const EXPIRY_SECONDS = 60;

type Bytes = Parameters<InstanceType<HashConstructor>["update"]>[0];

function bytes(data: Bytes): Uint8Array | string {
  if (typeof data === "string") return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** The signer's SHA-256, by Node's own crypto. */
class Sha256 {
  readonly #hash;

  constructor(secret?: Bytes) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes(secret));
  }

  update(data: Bytes): void {
    this.#hash.update(bytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error("A hash of a signature is used once.");
  }
}

/**
 * A token for aws-iam-authenticator: a signed request to STS that the cluster sends in the function's name, to learn who it is.
 * Signing needs no call, so every invocation gets its own token.
 */
export async function clusterToken(settings: Settings, now: Date): Promise<string> {
  const hostname = `sts.${settings.AWS_REGION}.amazonaws.com`;
  const signer = new SignatureV4({
    service: "sts",
    region: settings.AWS_REGION,
    sha256: Sha256,
    credentials: {
      accessKeyId: settings.AWS_ACCESS_KEY_ID,
      secretAccessKey: settings.AWS_SECRET_ACCESS_KEY,
      sessionToken: settings.AWS_SESSION_TOKEN,
    },
  });
  const { query } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host: hostname, [CLUSTER_HEADER]: settings.CLUSTER_ID },
    },
    { signingDate: now, expiresIn: EXPIRY_SECONDS },
  );
  const url = `https://${hostname}/?${new URLSearchParams(query as Record<string, string>).toString()}`;
  return PREFIX + Buffer.from(url).toString("base64url");
}

/** Takes tokens out of a text that came from elsewhere. */
export function withoutTokens(text: string): string {
  return text.replaceAll(/k8s-aws-v1\.[\w=-]*/g, `${PREFIX}<removed>`);
}
