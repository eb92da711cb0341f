import { clusterLogGroup, stackName } from "../../../config/names";
import {
  awslogs,
  cdktf,
  helm,
  jobAgain,
  kubectl,
  opsdx,
  shell,
  type Command,
} from "../../shared/observability/command";
import { CONCOURSE, RENEW_LOGIN, WORKERS_NAMESPACE } from "./names";

/** Commands of the page and of the alarms' steps. */
export type ConcourseCommands = ReturnType<typeof concourseCommands>;

/**
 * Commands on Concourse, each with its cluster and namespace.
 * @param environment - name of the environment
 * @param cluster - full name of its cluster
 * @param nodeLabel - label of the workers' nodes, `name=value`
 */
export function concourseCommands(environment: string, cluster: string, nodeLabel: string) {
  const servers = { cluster, namespace: CONCOURSE };
  const logs = (stream: string): Command => awslogs(clusterLogGroup(environment, "k8s"), { stream, field: "log" });
  return {
    /** kubectl among the servers. */
    web: (args: string): Command => kubectl(servers, args),
    /** kubectl among the workers. */
    workers: (args: string): Command => kubectl({ cluster, namespace: WORKERS_NAMESPACE }, args),
    /** fly, once signed in. */
    fly: (args: string): Command => shell(`fly -t ${CONCOURSE} ${args}`),
    /** The servers' log. */
    webLogs: logs("kubernetes/concourse/concourse/web"),
    /** The workers' log. */
    workerLogs: logs("kubernetes/concourse/workers/concourse/worker"),
    /** The workers' nodes. */
    nodes: kubectl({ cluster }, `get nodes -l ${nodeLabel} -o wide`),
    /** Deploys it. */
    deploy: cdktf("deploy", stackName(environment, "stage3")),
    /** To the release before. */
    wayBack: [helm(servers, `history ${CONCOURSE}`), helm(servers, `rollback ${CONCOURSE}`)],
    /** Renews the login to the registry. */
    renew: jobAgain(servers, RENEW_LOGIN),
    /** Sets the pipeline. */
    setPipeline: opsdx(`concourse pipeline set ${environment}`),
  };
}
