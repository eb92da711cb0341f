import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import { callerOf, type Callers } from "./callers";
import { userOf, type Mappings, type User } from "./identity";
import { signedCall, TokenRefused } from "./token";

/** What an authenticator answers by. */
export interface AuthenticatorSettings extends Mappings {
  /** Full name of the cluster, which a token must have signed. */
  readonly clusterId: string;
  /** Who finds out whose token it is. */
  readonly callers: Callers;
}

/** Settings of {@link startAuthenticator}. */
export interface AuthenticatorProps {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Certificate of the server, PEM. */
  readonly certificate: string;
  /** Key of the certificate, PEM. */
  readonly key: string;
  /** Read for every token, so that a change needs no restart. */
  readonly settings: () => AuthenticatorSettings;
  /** Writes one line for every token; never the token. */
  readonly write: (line: string) => void;
}

interface TokenReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec?: { readonly token?: string };
}

type Verdict =
  { readonly authenticated: true; readonly user: User } | { readonly authenticated: false; readonly error: string };

const REVIEW_LIMIT = 100_000;

/** Reads an authenticator's settings from a file. */
export function settingsFrom(file: string): AuthenticatorSettings {
  return JSON.parse(readFileSync(file, "utf8")) as AuthenticatorSettings;
}

/**
 * Decides on a token.
 * @throws Error when it cannot be decided, for example because STS does not answer
 */
export async function authenticate(token: string, settings: AuthenticatorSettings, now: Date): Promise<User> {
  const call = signedCall(token, now);
  return userOf(await callerOf(call, settings.callers, settings.clusterId), settings);
}

/**
 * Stands in for aws-iam-authenticator: an HTTPS server on loopback that the API server asks who a token's bearer is.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export async function startAuthenticator(props: AuthenticatorProps): Promise<Server> {
  const server = createServer({ cert: props.certificate, key: props.key }, (request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method === "GET" && request.url === "/healthz") {
      answer(200, { status: "ok" });
      return;
    }
    void review(request, props).then(
      (body) => answer(200, body),
      (error: unknown) => answer(400, { error: error instanceof Error ? error.message : String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(props.port, "127.0.0.1", resolve);
  });
  return server;
}

async function review(request: IncomingMessage, props: AuthenticatorProps): Promise<unknown> {
  const { apiVersion, kind, spec } = JSON.parse(await bodyOf(request)) as TokenReview;
  if (kind !== "TokenReview") throw new Error("not a TokenReview");
  const status = await verdict(spec?.token ?? "", props);
  return { apiVersion, kind, status };
}

async function verdict(token: string, { settings, write }: AuthenticatorProps): Promise<Verdict> {
  try {
    const user = await authenticate(token, settings(), new Date());
    write(`accepted ${user.extra["arn"]?.join() ?? ""} as ${user.username} of ${user.groups.join(", ")}`);
    return { authenticated: true, user };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    write(error instanceof TokenRefused ? `refused: ${why}` : `could not decide: ${why}`);
    return { authenticated: false, error: why };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= REVIEW_LIMIT) chunks.push(chunk);
  }
  if (size > REVIEW_LIMIT) throw new Error(`a TokenReview has at most ${REVIEW_LIMIT} bytes, got ${size}`);
  return Buffer.concat(chunks).toString("utf8");
}
