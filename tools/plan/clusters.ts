import { connect } from "node:net";
import { stepsOf, valueAt } from "./unknowns";

type Json = Readonly<Record<string, unknown>>;

/** Providers of what stands on clusters. */
const PROVIDERS = ["kubernetes", "helm"] as const;

/** How long an API may take to answer a connection, in milliseconds. */
const PATIENCE_MS = 5_000;

/** A cluster whose API this machine does not reach, so that nothing on it can be planned. */
export interface UnreachedCluster {
  /** Its short name, which is the alias of its providers. */
  readonly cluster: string;
  /** Why: `no route to api.k8s.dev.opsdx.io`. */
  readonly reason: string;
}

/** Opens a connection to see whether somebody answers. */
export type Probe = (host: string, port: number) => Promise<boolean>;

/**
 * The clusters of a stack that cannot be asked from here: those that do not exist yet, and those to whose API there is no way.
 *
 * @param outputs - of the upstream stacks, by the name of the data source that reads them, as they are now
 */
export async function unreachedClusters(
  json: Json,
  outputs: ReadonlyMap<string, Json>,
  probe: Probe = answers,
): Promise<readonly UnreachedCluster[]> {
  const hosts = new Map(PROVIDERS.flatMap((provider) => blocksOf(json, provider)).flatMap(hostOf));
  const looked = [...hosts].map(async ([cluster, host]): Promise<readonly UnreachedCluster[]> => {
    const address = addressOf(host, outputs);
    if (address === undefined) return [{ cluster, reason: `the cluster ${cluster} does not exist yet` }];
    const { hostname, port } = new URL(address);
    return (await probe(hostname, port === "" ? 443 : Number(port)))
      ? []
      : [{ cluster, reason: `no route to ${hostname}` }];
  });
  return (await Promise.all(looked)).flat();
}

function blocksOf(json: Json, provider: string): readonly Json[] {
  return ((json["provider"] as Json | undefined)?.[provider] ?? []) as readonly Json[];
}

/** A provider's alias and the address of its API; a sandbox's has none, but a file, and is there. */
function hostOf(block: Json): readonly (readonly [string, string])[] {
  const { alias, host } = { ...block, ...(block["kubernetes"] as Json | undefined) } as Readonly<
    Record<string, string>
  >;
  return alias === undefined || host === undefined ? [] : [[alias, host]];
}

/** What an address refers to, where it is known. */
function addressOf(host: string, outputs: ReadonlyMap<string, Json>): string | undefined {
  const [, state, rest] = /^\$\{data\.terraform_remote_state\.([\w-]+)\.outputs(.+)\}$/.exec(host) ?? [];
  if (state === undefined || rest === undefined) return host;
  const value = valueAt(outputs.get(state), stepsOf(rest));
  return typeof value === "string" ? value : undefined;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const end = (answered: boolean) => () => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

/** Whether a resource stands on one of some clusters: its provider says it, `kubernetes.k8s` in a stack and in quotes in a state. */
export function standsOn(provider: unknown, clusters: readonly string[]): boolean {
  const [, cluster] = /(?:^|\/)(?:kubernetes|helm)"?\]?\.([\w-]+)$/.exec(String(provider)) ?? [];
  return cluster !== undefined && clusters.includes(cluster);
}
