import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { PublicImage } from "../../config/images";
import { CommandError } from "../command-error";

/** The forms in which an image is stored; an index of platforms first, since that is what a tag names. */
const MEDIA_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
/** Every machine image of the program is x86_64. */
const PLATFORM = "linux/amd64";
/** How long one request may take, in milliseconds. */
const LIMIT_MS = 30_000;
/** How often a registry that says "later" is asked again. */
const ATTEMPTS = 5;
/** Longest that it is waited for, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/** Settings of {@link PublicRegistry}. */
export interface PublicRegistryProps {
  /** Asks. @default - fetch */
  readonly fetch?: typeof fetch;
  /** Waits. @default - by the clock */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
  /** Address of a host. @default - `https://<host>`; Docker's own for `docker.io` */
  readonly address?: (host: string) => string;
}

/** Where a registry answers. @see https://distribution.github.io/distribution/spec/api/ */
function addressOf(host: string): string {
  return host === "docker.io" ? "https://registry-1.docker.io" : `https://${host}`;
}

/**
 * Registries that anybody may pull from, by the API that all of them have.
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export class PublicRegistry {
  private readonly fetch: typeof fetch;
  private readonly wait: (milliseconds: number) => Promise<unknown>;
  private readonly address: (host: string) => string;

  public constructor({ address = addressOf, fetch: ask = fetch, wait = delay }: PublicRegistryProps = {}) {
    this.fetch = ask;
    this.wait = wait;
    this.address = address;
  }

  /**
   * The digest that an image's tag has now: of its bytes, whatever the registry says it is.
   * @throws CommandError when the registry does not give it, or it does not run on the nodes
   */
  public async digest({ registry, repository, tag }: PublicImage): Promise<string> {
    const what = `${registry}/${repository}:${tag}`;
    // Docker's registry keeps its own images in a folder that nobody writes.
    const place = registry === "docker.io" && !repository.includes("/") ? `library/${repository}` : repository;
    const url = `${this.address(registry)}/v2/${place}/manifests/${tag}`;
    const response = await this.get(url, what, place);
    const bytes = Buffer.from(await response.arrayBuffer());
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const told = response.headers.get("docker-content-digest");
    if (told !== null && told !== digest)
      throw new CommandError(`${what}: the registry says ${told}, and gives ${digest}`);
    requirePlatform(bytes, what);
    return digest;
  }

  private async get(url: string, what: string, repository: string): Promise<Response> {
    const headers: Record<string, string> = { accept: MEDIA_TYPES.join(", ") };
    let response = await this.ask(url, headers, what);
    if (response.status === 401) {
      const challenge = response.headers.get("www-authenticate") ?? "";
      headers["authorization"] = `Bearer ${await this.token(challenge, repository, what)}`;
      response = await this.ask(url, headers, what);
    }
    if (response.ok) return response;
    const said: Readonly<Record<number, string>> = {
      401: "wants a login: it is not public",
      403: "wants a login: it is not public",
      404: "has no such image or tag",
      429: `still says that it is asked too often, after ${ATTEMPTS} times`,
    };
    throw new CommandError(`${what}: the registry ${said[response.status] ?? `answers ${response.status}`}`);
  }

  /** @see https://distribution.github.io/distribution/spec/auth/token/ */
  private async token(challenge: string, repository: string, what: string): Promise<string> {
    const settings = new Map(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    );
    const realm = settings.get("realm");
    if (!/^bearer /i.test(challenge) || realm === undefined) {
      throw new CommandError(
        `${what}: the registry wants a login that is not anonymous (${challenge || "no challenge"})`,
      );
    }
    const url = new URL(realm);
    const service = settings.get("service");
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", settings.get("scope") ?? `repository:${repository}:pull`);
    const response = await this.ask(url.href, {}, what);
    const body = (response.ok ? await response.json() : {}) as {
      readonly token?: string;
      readonly access_token?: string;
    };
    const token = body.token ?? body.access_token;
    if (token === undefined)
      throw new CommandError(`${what}: ${url.host} gives no anonymous token (${response.status})`);
    return token;
  }

  /** Asks again, when the registry says so, as late as it says. */
  private async ask(url: string, headers: Readonly<Record<string, string>>, what: string): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.fetch(url, { headers, signal: AbortSignal.timeout(LIMIT_MS) }).catch(
        (error: unknown) => {
          const cause = (error as { readonly cause?: { readonly code?: string } }).cause?.code;
          throw new CommandError(`${what}: ${new URL(url).host} was not reached: ${cause ?? (error as Error).message}`);
        },
      );
      if ((response.status !== 429 && response.status < 500) || attempt === ATTEMPTS) return response;
      const after = Number(response.headers.get("retry-after") ?? NaN) * 1000;
      await this.wait(Math.min(Number.isNaN(after) ? 1000 * 2 ** attempt : after, LONGEST_WAIT_MS));
    }
  }
}

interface Manifest {
  readonly manifests?: readonly { readonly platform?: { readonly os?: string; readonly architecture?: string } }[];
  readonly config?: unknown;
}

function requirePlatform(bytes: Buffer, what: string): void {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(bytes.toString("utf8")) as Manifest;
  } catch {
    throw new CommandError(`${what}: the registry gives no manifest`);
  }
  const { config, manifests } = manifest;
  if (manifests === undefined) {
    if (config === undefined) throw new CommandError(`${what}: the registry gives no manifest`);
    return;
  }
  const platforms = manifests.map(({ platform }) => `${platform?.os ?? "?"}/${platform?.architecture ?? "?"}`);
  if (platforms.includes(PLATFORM)) return;
  throw new CommandError(`${what} does not run on ${PLATFORM}, only on ${[...new Set(platforms)].join(", ")}`);
}
