import { z } from "zod";
import { environmentSchema } from "../../../config/schema/environment";
import { globalSchema } from "../../../config/schema/global";
import { problemsAfter } from "../support";

/** Whole numbers that have no maximum of their own, and why none is needed. */
const WITHOUT_MAXIMUM: Readonly<Record<string, readonly string[]>> = {
  "are money": ["audit/monthlyBudgetUsd", "audit/costAnomalyUsd"],
  "are what an alarm compares with": [
    "network/natPacketsDropThreshold",
    "network/endpointPacketsDropThreshold",
    "etls/alarms/failedSlots",
    "web/pings/expectedPer5Minutes",
    "web/pings/alarmAtPer5Minutes",
    "web/thresholds/minRequestsPerMinute",
    "web/thresholds/elbErrorsPer5Minutes",
    "redash/thresholds/minQueries",
  ],
  "are no amount": ["repositoryIds/owner", "repositoryIds/repository"],
  "have another setting above them": [
    "web/replicas/min",
    "web/replicas/max",
    "prometheus/clusters/*/retentionGib",
    "tensorflow/serving/models/replicas/min",
    "load/profiles/*/stages/items/users",
    "load/profiles/*/stages/items/seconds",
  ],
};

/** Paths of a JSON Schema's whole numbers that may be as large as a number can be. */
function unbounded(schema: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { maximum, type } = schema as { readonly maximum?: number; readonly type?: unknown };
  if (type === "integer" && maximum === Number.MAX_SAFE_INTEGER) return [path.join("/")];
  return Object.entries(schema).flatMap(([key, value]) =>
    unbounded(value, ["properties", "additionalProperties"].includes(key) ? path : [...path, key]),
  );
}

describe("a whole number", () => {
  it("has a maximum, or a reason to have none: nothing is made as often as somebody mistyped", () => {
    const found = [environmentSchema, globalSchema].flatMap((schema) =>
      unbounded(z.toJSONSchema(schema, { io: "input", reused: "inline", unrepresentable: "any" })),
    );
    const kinds = found.map((path) => path.replace(/(?<=^prometheus\/clusters\/|^load\/profiles\/)[^/]+/, "*"));
    expect([...new Set(kinds)].sort()).toEqual(Object.values(WITHOUT_MAXIMUM).flat().sort());
  });

  it.each([
    ["clusters.k8s-ml-tf.nodeGroups.nodes.minSize"],
    ["web.replicas.max"],
    ["web.replicas.min"],
    ["concourse.workers.replicas"],
    ["concourse.workers.workSpaceGib"],
    ["prometheus.clusters.k8s.retentionGib"],
    ["load.profiles.smoke.stages.0.users"],
    ["load.profiles.smoke.stages.0.seconds", "load.profiles.smoke.stages"],
  ])("of 2,000,000,000 at %s is refused", (path, toldAt = path) => {
    const problems = problemsAfter({ [`dev.${path}`]: 2_000_000_000 });
    expect(problems.map((problem) => problem.path)).toContain(toldAt);
  });

  it("of nodes may be as large as a cluster: 5000 are reckoned with", () => {
    const group = "prod.clusters.k8s.nodeGroups.nodes";
    expect(problemsAfter({ [`${group}.minSize`]: 5000, [`${group}.maxSize`]: 5000 })).toEqual([]);
    expect(problemsAfter({ [`${group}.minSize`]: 5001, [`${group}.maxSize`]: 5001 }).map(({ path }) => path)).toEqual([
      "clusters.k8s.nodeGroups.nodes.minSize",
      "clusters.k8s.nodeGroups.nodes.maxSize",
    ]);
  });
});
