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
      : { resource: { ...resources, helm_release: fromFolder(releases, clusters.charts) } }),
  };
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
