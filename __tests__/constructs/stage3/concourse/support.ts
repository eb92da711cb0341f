import { loadConfig } from "../../../../config/load";
import type { ConcourseConfig } from "../../../../config/schema/concourse";
import type { EnvironmentConfig } from "../../../../config/schema/environment";
import { concourseSecrets } from "../../../../config/service-secrets/concourse";
import { dashboardsOf } from "../../../../constructs/shared/observability/dashboard";
import type { DeclaredDashboard } from "../../../../constructs/shared/observability/dashboard-model";
import type { PrometheusRule } from "../../../../constructs/shared/prometheus/rules";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import type { Platform } from "../../../../constructs/shared/platform";
import { Concourse } from "../../../../constructs/stage3/concourse/concourse";
import { Entrance } from "../../../../constructs/stage3/entrance/entrance";
import { synth } from "../../../support";
import { platformIn } from "../platform";

/** The environment that has Concourse. */
export function devEnvironment(): EnvironmentConfig {
  const dev = loadConfig().environments.find(({ name }) => name === "dev");
  if (dev === undefined) throw new Error("there is no dev");
  return dev;
}

/** Its settings of Concourse. */
export function devConcourse(): ConcourseConfig {
  const { concourse } = devEnvironment();
  if (concourse === undefined) throw new Error("dev has no Concourse");
  return concourse;
}

/** Concourse as dev has it, in an environment `test`, and what was synthesized. */
export function builtConcourse(change: Partial<ConcourseConfig> = {}) {
  let made: Concourse | undefined;
  let rules: readonly PrometheusRule[] = [];
  let dashboards: readonly DeclaredDashboard[] = [];
  const stack = synth((scope) => {
    const { clusters, ...rest } = platformIn(scope);
    const serviceSecrets = concourseSecrets({ ...devEnvironment(), name: "test" });
    const platform: Platform = { ...rest, clusters, serviceSecrets, secretOperators: { k8s: [] } };
    made = new Concourse(scope, "Concourse", {
      platform,
      config: { ...devConcourse(), ...change },
      entrance: new Entrance(scope, "Entrance", { platform, hosts: { concourse: "concourse.test.opsdx.io" } }),
      host: "concourse.test.opsdx.io",
      kopsState: "opsdx-kops-state",
      registry: { id: "111122223333", region: "us-east-1" },
      closedTo: ["10.0.128.0/24", "10.0.136.0/24"],
    });
    rules = clusters.k8s.rules?.take() ?? [];
    dashboards = dashboardsOf(scope);
  });
  if (made === undefined) throw new Error("nothing was made");
  return { stack, rules, dashboards, facts: systemFacts(made) };
}
