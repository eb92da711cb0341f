import { loadConfig } from "../../../../config/load";
import type { EnvironmentConfig } from "../../../../config/schema/environment";
import type { WebConfig } from "../../../../config/schema/web";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { systemFacts, type SystemFacts } from "../../../../constructs/shared/observability/system";
import type { Platform } from "../../../../constructs/shared/platform";
import { WebService, type WebExports } from "../../../../constructs/stage3/web/web-service";
import { synth, type Synthesized } from "../../../support";
import { platformIn } from "../platform";

/** An environment as the project configures it. */
export function configured(name: "dev" | "prod"): EnvironmentConfig {
  const found = loadConfig().environments.find((environment) => environment.name === name);
  if (found === undefined) throw new Error(`no environment ${name}`);
  return found;
}

/** A web service in a stack of its own, with what tests ask of it. */
export interface BuiltWeb {
  readonly stack: Synthesized;
  readonly exports: WebExports;
  readonly alarms: ReadonlyMap<string, AlarmFacts>;
  readonly facts: SystemFacts;
}

/** The dev service; `settings` and `platform` change what matters to a test. */
export function webOf(settings: Partial<WebConfig> = {}, platform: Partial<Platform> = {}): BuiltWeb {
  let web: WebService | undefined;
  const stack = synth((scope) => {
    web = new WebService(scope, "Web", {
      platform: { ...platformIn(scope, "dev"), ...platform },
      config: { ...configured("dev").web, ...settings },
    });
  });
  const facts = web === undefined ? undefined : systemFacts(web);
  if (web === undefined || facts === undefined) throw new Error("the system was not built");
  const alarms = web.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === ALARM_METADATA)
    .map(({ data }) => data as AlarmFacts);
  return { stack, exports: web.exports, alarms: new Map(alarms.map((alarm) => [alarm.name, alarm])), facts };
}
