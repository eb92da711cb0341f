import type { EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import { grafanaUrl, namePrefix } from "../config/names";
import type { MonitoringContext } from "../constructs/shared/observability/monitoring";
import type { AlarmExports } from "./stage1-stack";

/** Stage1's topics and log key, as the alarms and log groups of a later stage need them. */
export function importedMonitoring(
  environment: EnvironmentConfig,
  { runbookUrl }: GlobalConfig,
  exports: AlarmExports,
): MonitoringContext {
  const { alarms, name, retention } = environment;
  return {
    environment: name,
    namePrefix: namePrefix(name),
    topics: { page: exports.pageTopicArn, ticket: exports.ticketTopicArn },
    logKeyArn: exports.logKeyArn,
    topicKeyArn: exports.topicKeyArn,
    retention,
    runbookUrl,
    grafanaUrl: grafanaUrl(environment),
    thresholds: alarms.thresholds,
  };
}
