import { checkSignature } from "./signature";
import { TokenRefused, type SignedCall } from "./token";

/** An access key that is known without an STS. */
export interface KnownKey {
  /** The key's id, as tokens name it. */
  readonly accessKeyId: string;
  /** The key itself: only made-up ones. */
  readonly secretAccessKey: string;
  /** ARN that `GetCallerIdentity` would answer, for example `arn:aws:sts::123456789012:assumed-role/<role>/<session>`. */
  readonly arn: string;
}

/**
 * Who finds out whose call a token holds. `keys` checks the signature, and with it the cluster and the secret key. `sts` asks an
 * emulator: moto 5.2.5 finds a caller by the access key of the `Authorization` header, which is therefore made from the call's own
 * parameters, and it checks no signature. So with `sts` a token of another cluster, or one signed with a wrong secret, is accepted.
 */
export type Callers =
  | { readonly kind: "keys"; readonly keys: readonly KnownKey[] }
  | {
      readonly kind: "sts";
      /** URL of the emulator. */
      readonly endpoint: string;
    };

const STS_TIMEOUT_MS = 10_000;

/**
 * The ARN of whoever signed a call.
 * @throws TokenRefused when nobody known did
 */
export async function callerOf(call: SignedCall, callers: Callers, clusterId: string): Promise<string> {
  if (callers.kind === "sts") return await askSts(call, callers.endpoint, clusterId);
  const known = callers.keys.find(({ accessKeyId }) => accessKeyId === call.accessKeyId);
  if (known === undefined) throw new TokenRefused(`the access key ${call.accessKeyId} is not known`);
  checkSignature(call, known.secretAccessKey, clusterId);
  return known.arn;
}

async function askSts({ query }: SignedCall, endpoint: string, clusterId: string): Promise<string> {
  const parameter = (name: string): string => query.get(`X-Amz-${name}`) ?? "";
  const response = await fetch(`${endpoint}/?${query.toString()}`, {
    signal: AbortSignal.timeout(STS_TIMEOUT_MS),
    headers: {
      "x-k8s-aws-id": clusterId,
      authorization:
        `${parameter("Algorithm")} Credential=${parameter("Credential")}, ` +
        `SignedHeaders=${parameter("SignedHeaders")}, Signature=${parameter("Signature")}`,
    },
  });
  const text = await response.text();
  const arn = /<Arn>([^<]+)<\/Arn>/.exec(text)?.[1];
  if (!response.ok || arn === undefined) throw new TokenRefused(`STS answered HTTP ${response.status}`);
  return arn;
}
