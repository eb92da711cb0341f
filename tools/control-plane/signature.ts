import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { CLUSTER_HEADER, TokenRefused, type SignedCall } from "./token";

const ALGORITHM = "AWS4-HMAC-SHA256";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Percent-encoding of AWS's signatures: everything but letters, digits and `-._~`. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Checks that a call was signed with a key, for one cluster. This is STS's part of the work, done here where no STS is.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @throws TokenRefused when it was not
 */
export function checkSignature({ host, query, scope }: SignedCall, secretAccessKey: string, clusterId: string): void {
  const canonicalQuery = [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join("&");
  // The authenticator sends these two headers and no other: a call that signs more cannot be repeated by it.
  const headers = `host:${host}\n${CLUSTER_HEADER}:${clusterId}\n`;
  const signedHeaders = `host;${CLUSTER_HEADER}`;
  const request = ["GET", "/", canonicalQuery, headers, signedHeaders, sha256("")].join("\n");
  const { date, region, service } = scope;
  const scopeText = `${date}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, query.get("X-Amz-Date") ?? "", scopeText, sha256(request)].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const expected = hmac(key, toSign);
  const given = Buffer.from(query.get("X-Amz-Signature") ?? "", "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new TokenRefused(`the token's signature is not one for the cluster ${clusterId}`);
  }
}
