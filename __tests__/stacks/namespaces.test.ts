import { loadConfig } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";

interface Body {
  readonly provider?: string;
  readonly namespace?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly depends_on?: readonly string[];
}

const config = loadConfig();
const { stacks } = buildProgram(config, deploymentFor(config.global, {}));

/** The resources of a stack, by address. */
function resourcesOf(id: string): ReadonlyMap<string, Body> {
  const stack = stacks.find(({ node }) => node.id === id);
  stack?.prepareStack();
  const { resource = {} } = (stack?.toTerraform() ?? {}) as { resource?: Record<string, Record<string, Body>> };
  return new Map(
    Object.entries(resource).flatMap(([type, all]) =>
      Object.entries(all).map(([name, body]) => [`${type}.${name}`, body] as const),
    ),
  );
}

/** Cluster of a resource: alias of its provider. */
const clusterOf = ({ provider = "" }: Body): string => provider.split(".")[1] ?? "";
const namespaceOf = ({ metadata, namespace }: Body): string => metadata?.namespace ?? namespace ?? "";

/** All that must be there before it, by what it names and refers to. */
function groundOf(resources: ReadonlyMap<string, Body>, address: string, seen = new Set<string>()): Set<string> {
  const body = resources.get(address);
  const words = JSON.stringify(body ?? {}).match(/\b[a-z0-9_]+\.[A-Za-z0-9_-]+/g) ?? [];
  for (const other of words) {
    if (!resources.has(other) || seen.has(other)) continue;
    seen.add(other);
    groundOf(resources, other, seen);
  }
  return seen;
}

// An empty cluster refuses what stands in a namespace that is not there yet, and Terraform makes ten things at once.
it.each(config.environments.map(({ name }) => `${name}-stage3`))(
  "whatever stands in a namespace of %s waits for it",
  (id) => {
    const resources = resourcesOf(id);
    const made = new Map(
      [...resources]
        .filter(([address]) => address.startsWith("kubernetes_namespace_v1."))
        .map(([address, body]) => [`${clusterOf(body)} ${body.metadata?.name ?? ""}`, address]),
    );
    const inOne = [...resources].flatMap(([address, body]) => {
      const namespace = made.get(`${clusterOf(body)} ${namespaceOf(body)}`);
      return namespace === undefined || !/^(kubernetes|helm)_/.test(address) ? [] : [[address, namespace] as const];
    });
    expect(inOne.length).toBeGreaterThan(200);
    expect(inOne.filter(([address, namespace]) => !groundOf(resources, address).has(namespace))).toEqual([]);
  },
  120_000,
);
