import path from "node:path";
import Table from "cli-table3";
import pc from "picocolors";
import { KOPS_VERSION } from "../../config/kops";
import type { Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { mendCommand, readPayload, renderCommand } from "../../constructs/stage2/kops/payload";
import type { KopsBinary } from "./binary";
import { namedIds, specOf } from "./target";

/** What is known of one cluster's boot payload. */
export interface ClusterStatus {
  /** Short name. */
  readonly cluster: string;
  /** Kubernetes version that config asks for. */
  readonly kubernetes: string;
  /** Its boot payload, against the configuration. */
  readonly payload: "rendered" | "stale" | "damaged" | "missing";
  /** What is wrong with its files, and what mends them. @default - nothing is */
  readonly damage?: string;
  /** kops version that made the payload. @default - there is no payload */
  readonly kops?: string;
  /** Differences from kops' Terraform that are meant; a render keeps nothing that has others. @default - there is no payload */
  readonly explained?: number;
  /** What to run. @default - nothing */
  readonly next?: string;
}

/** The state of every cluster of an environment, from the files here alone. */
export function clusterStatuses(
  config: Config,
  environment: EnvironmentConfig,
  payloadRoot: string,
): readonly ClusterStatus[] {
  return Object.entries(environment.clusters).map(([cluster, { kubernetesVersion }]) => {
    const folder = path.join(payloadRoot, environment.name, cluster);
    const found = readPayload(folder, specOf({ config, environment, cluster }, namedIds(environment)));
    const { state } = found;
    const index = "payload" in found ? found.payload : undefined;
    return {
      cluster,
      kubernetes: kubernetesVersion,
      payload: state === "current" ? "rendered" : state,
      ...(state === "damaged" && {
        damage: `${found.faults.join("; ")}. ${mendCommand(environment.name, cluster)}`,
      }),
      kops: index?.kopsVersion,
      explained: index?.intendedDifferences,
      next: state === "current" ? undefined : renderCommand(environment.name, cluster),
    };
  });
}

/** The table that people read. */
export function statusText(statuses: readonly ClusterStatus[], binary: KopsBinary): string {
  const table = new Table({
    head: ["cluster", "kubernetes", "payload", "kops", "differences from kops", "next"],
    style: { head: [], border: [] },
  });
  for (const { cluster, kubernetes, payload, kops = "–", explained, next = "–" } of statuses) {
    const differences = explained === undefined ? "–" : `${explained} explained, 0 unexplained`;
    table.push([cluster, kubernetes, paint[payload](payload), kops, differences, next]);
  }
  const damaged = statuses.flatMap(({ cluster, damage }) => (damage === undefined ? [] : [`${cluster}: ${damage}`]));
  return [binaryLine(binary), table.toString(), ...damaged, ROLLING_UPDATE].join("\n");
}

const paint = { rendered: pc.green, stale: pc.red, damaged: pc.red, missing: pc.yellow };

const ROLLING_UPDATE =
  "A plan that changes a launch template changes no running node: `npx opsdx kops upgrade <env> <cluster>` rolls it out.";

function binaryLine({ file, version }: KopsBinary): string {
  if (version === undefined) {
    return `kops: not found at "${file}"; a render needs ${KOPS_VERSION} on the PATH or named by KOPS`;
  }
  return version === KOPS_VERSION
    ? `kops: ${version} at "${file}"`
    : `kops: ${version} at "${file}"; a render needs ${KOPS_VERSION}`;
}
