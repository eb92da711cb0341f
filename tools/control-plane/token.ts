/** A call to STS that a token holds: whoever signed it is whom the token speaks for. */
export interface SignedCall {
  /** Host of STS. */
  readonly host: string;
  /** Query parameters as they were signed. */
  readonly query: URLSearchParams;
  /** Access key that signed. */
  readonly accessKeyId: string;
  /** Date, region and service that the signature is for. */
  readonly scope: { readonly date: string; readonly region: string; readonly service: string };
}

/** Thrown when a token is not accepted; the message never holds the token. */
export class TokenRefused extends Error {}

/** aws-iam-authenticator's header, whose signed value binds a token to one cluster. */
export const CLUSTER_HEADER = "x-k8s-aws-id";

const PREFIX = "k8s-aws-v1.";
const STS_HOST = /^sts(\.[a-z0-9-]+)?\.amazonaws\.com$/;
/** STS takes no signature from further ahead, and the authenticator none that is older. */
const TOLERANCE_SECONDS = 900;
/** https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/v0.7.8/pkg/token/token.go (parameterWhitelist) */
const PARAMETERS: ReadonlySet<string> = new Set([
  "action",
  "version",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
]);

/**
 * Reads a token as aws-iam-authenticator does, before STS is asked.
 * @throws TokenRefused naming what it objects to
 */
export function signedCall(token: string, now: Date): SignedCall {
  if (!token.startsWith(PREFIX)) throw new TokenRefused(`the token does not start with ${PREFIX}`);
  const text = Buffer.from(token.slice(PREFIX.length), "base64url").toString("utf8");
  if (!URL.canParse(text)) throw new TokenRefused("the token holds no URL");
  const { protocol, host, pathname, username, searchParams: query } = new URL(text);
  if (protocol !== "https:" || !STS_HOST.test(host) || pathname !== "/" || username !== "") {
    throw new TokenRefused("the token's URL is not one of STS");
  }
  for (const name of query.keys()) {
    if (!PARAMETERS.has(name.toLowerCase())) throw new TokenRefused(`the token's URL has the parameter ${name}`);
    if (query.getAll(name).length > 1) throw new TokenRefused(`the token's URL has the parameter ${name} twice`);
  }
  const value = (name: string): string => query.get(name) ?? "";
  if (value("Action") !== "GetCallerIdentity") throw new TokenRefused("the token is not for GetCallerIdentity");
  const headers = value("X-Amz-SignedHeaders").split(";");
  if (!headers.includes(CLUSTER_HEADER) || !headers.includes("host")) {
    throw new TokenRefused(`the token does not sign host and ${CLUSTER_HEADER}`);
  }
  refuseUntimely(value("X-Amz-Date"), value("X-Amz-Expires"), now);
  const credential = /^([A-Z0-9]{16,128})\/(\d{8})\/([a-z0-9-]+)\/(sts)\/aws4_request$/.exec(value("X-Amz-Credential"));
  if (credential === null) throw new TokenRefused("the token's credential is not one for STS");
  const [, accessKeyId = "", date = "", region = "", service = ""] = credential;
  return { host, query, accessKeyId, scope: { date, region, service } };
}

function refuseUntimely(date: string, expires: string, now: Date): void {
  const signed = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(signed)) throw new TokenRefused("the token has no date");
  const seconds = Number(expires);
  if (!/^\d+$/.test(expires) || seconds > TOLERANCE_SECONDS) {
    throw new TokenRefused(`the token is not for at most ${TOLERANCE_SECONDS} seconds`);
  }
  const age = (now.getTime() - signed) / 1000;
  if (age > seconds) throw new TokenRefused(`the token expired ${Math.round(age - seconds)} seconds ago`);
  if (age < -TOLERANCE_SECONDS) throw new TokenRefused("the token was signed in the future");
}
