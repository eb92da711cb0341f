import { clusterLogGroup, redashCache } from "../../../config/names";
import { aws, awslogs, kubectl, type Command } from "../../shared/observability/command";
import { REDASH } from "./values";

/** What people run on Redash. */
export type RedashCommands = ReturnType<typeof redashCommands>;

/**
 * What people run on Redash, in alarms and on its page of the runbook.
 * @param environment - name of the environment
 * @param cluster - full name of its cluster
 */
export function redashCommands(environment: string, cluster: string) {
  const run = (args: string): Command => kubectl({ cluster, namespace: REDASH }, args);
  const logs = (stream: string): Command =>
    awslogs(clusterLogGroup(environment, "k8s"), { stream: `kubernetes/${REDASH}/${stream}`, field: "log" });
  const server = (command: string): Command => run(`exec deployment/${REDASH} -- ${command}`);
  return {
    run,
    logs,
    server,
    pods: run("get pods -o wide"),
    queues: server("/bin/sh -c 'rq info --url \"$REDASH_REDIS_URL\" -R'"),
    running: server("/app/manage.py status"),
    failures: aws(
      `logs tail ${clusterLogGroup(environment, "k8s")} --log-stream-name-prefix kubernetes/${REDASH}/ --since 1h --filter-pattern '"data_length=None"'`,
    ),
    workerLogs: run(`logs deployment/${REDASH}-adhocworker --tail=100`),
    schedulerLogs: run(`logs deployment/${REDASH}-scheduler --tail=50`),
    restartScheduler: run(`rollout restart deployment/${REDASH}-scheduler`),
    restart: run(
      `rollout restart ${["", "-scheduler", "-adhocworker", "-scheduledworker", "-genericworker"].map((kind) => `deployment/${REDASH}${kind}`).join(" ")}`,
    ),
    cache: aws(
      `elasticache describe-replication-groups --replication-group-id ${redashCache(environment)} --query "ReplicationGroups[0].[Status,NodeGroups[0].NodeGroupMembers]"`,
    ),
  };
}
