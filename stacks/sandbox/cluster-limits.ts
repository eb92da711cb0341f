import type { SandboxClusters } from "../deployment";
import type { EmulatorLimit } from "./emulator-limits";

type Json = Record<string, unknown>;

const PROVIDERS = ["kubernetes", "helm"] as const;

const missingFrom = (clusters: SandboxClusters | undefined) =>
  PROVIDERS.filter((provider) => clusters?.providers.includes(provider) !== true);

/** What a stack declares on clusters and the sandbox has no cluster, or no provider, for. */
export function clusterLimits(json: Json, clusters: SandboxClusters | undefined): readonly EmulatorLimit[] {
  const types = Object.keys(json["resource"] ?? {});
  return missingFrom(clusters).flatMap((provider) => {
    const reason =
      clusters === undefined
        ? "the sandbox has no cluster, or Terraform no provider for it: `npx opsdx sandbox up <stack> --cluster`"
        : "Terraform finds no provider hashicorp/helm, or no charts: `npx opsdx sandbox up <stack> --cluster --charts <folder>`";
    return types.filter((type) => type.startsWith(`${provider}_`)).map((type) => ({ type, reason }));
  });
}

/** A stack's Terraform JSON without the providers that the sandbox lacks, and with charts from its folder, if it has one. */
export function onSandboxClusters(json: Json, clusters: SandboxClusters | undefined): Json {
  const missing: readonly string[] = missingFrom(clusters);
  const without = (blocks: Json): Json =>
    Object.fromEntries(Object.entries(blocks).filter(([provider]) => !missing.includes(provider)));
  const terraform = (json["terraform"] ?? {}) as Json;
  const resources = (json["resource"] ?? {}) as Record<string, Record<string, Json>>;
  const releases = resources["helm_release"];
  return {
    ...json,
    provider: without((json["provider"] ?? {}) as Json),
    terraform: { ...terraform, required_providers: without((terraform["required_providers"] ?? {}) as Json) },
    ...(releases === undefined || clusters?.charts === undefined
      ? {}
      : { resource: { ...resources, helm_release: withoutWebhooks(fromFolder(releases, clusters.charts)) } }),
  };
}

/**
 * Charts whose objects the API server lets their own pods judge, with the value that says what holds when these don't answer. The
 * sandbox's pods run nothing, so each such object would be refused.
 */
const JUDGED_BY_PODS: ReadonlyMap<string, (values: Json) => Json> = new Map([
  [
    "external-secrets",
    (values) => ({ ...values, webhook: { ...(values["webhook"] as Json | undefined), failurePolicy: "Ignore" } }),
  ],
]);

function withoutWebhooks(releases: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(releases).map(([name, release]) => {
      const lenient = JUDGED_BY_PODS.get(String(release["name"]));
      const [values] = (release["values"] ?? []) as readonly unknown[];
      if (lenient === undefined || typeof values !== "string") return [name, release];
      return [name, { ...release, values: [JSON.stringify(lenient(JSON.parse(values) as Json))] }];
    }),
  );
}

function fromFolder(releases: Record<string, Json>, folder: string): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(releases).map(([name, { repository, ...release }]) => [
      name,
      repository === undefined
        ? release
        : { ...release, chart: `${folder}/${String(release["chart"])}-${String(release["version"])}.tgz` },
    ]),
  );
}
