import { loadConfig } from "../../../../config/load";
import type { EtlConfig, EtlsConfig } from "../../../../config/schema/etl";
import { EtlSystem } from "../../../../constructs/stage3/etl/etl-system";
import { ALARM_METADATA, type AlarmFacts } from "../../../../constructs/shared/observability/alarm";
import { SYSTEM_METADATA, type SystemFacts } from "../../../../constructs/shared/observability/system";
import { synth, type Synthesized } from "../../../support";
import { platformIn } from "../platform";

/** The ETLs of dev, with other settings where a test wants them, and more ETLs, each of which is epic2op but for its settings. */
export function etlsWith(changes: Readonly<Record<string, Partial<EtlConfig>>> = {}): EtlsConfig {
  const dev = loadConfig().environments.find(({ name }) => name === "dev");
  if (dev === undefined) throw new Error("no environment dev");
  const { epic2op } = dev.etls;
  if (epic2op === undefined) throw new Error("no ETL epic2op");
  const fresh: EtlConfig = { ...epic2op, functionName: undefined };
  const names = [...new Set([...Object.keys(dev.etls), ...Object.keys(changes)])];
  return Object.fromEntries(names.map((name) => [name, { ...(dev.etls[name] ?? fresh), ...changes[name] }]));
}

/** Settings as another environment would have them: names that config gives name the environment. */
export function etlsNamedFor(environment: string, etls: EtlsConfig): EtlsConfig {
  const own = (text: string | undefined): string | undefined => text?.replace(/\bdev\b/, environment);
  return Object.fromEntries(
    Object.entries(etls).map(([name, etl]) => [
      name,
      { ...etl, functionName: own(etl.functionName), logStream: own(etl.logStream) },
    ]),
  );
}

/** The ETLs of an environment `test`. */
export function synthEtls(
  changes: Readonly<Record<string, Partial<EtlConfig>>> = {},
  etls = etlsNamedFor("test", etlsWith(changes)),
): {
  readonly stack: Synthesized;
  readonly alarms: readonly AlarmFacts[];
  readonly systems: readonly SystemFacts[];
} {
  let made: EtlSystem | undefined;
  const stack = synth((scope) => {
    made = new EtlSystem(scope, "Etl", {
      platform: platformIn(scope),
      config: etls,
      code: {
        launcher: { file: __filename, hash: "Dx4t", handler: "index.handler" },
        freshness: { file: __filename, hash: "Fr3s", handler: "index.handler" },
      },
    });
  });
  const metadata = made?.node.findAll().flatMap(({ node }) => node.metadata) ?? [];
  const all = (key: string): unknown[] =>
    metadata.filter(({ type }) => type === key).map(({ data }) => data as unknown);
  return { stack, alarms: all(ALARM_METADATA) as AlarmFacts[], systems: all(SYSTEM_METADATA) as SystemFacts[] };
}
