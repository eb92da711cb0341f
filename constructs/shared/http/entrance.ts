import type { EntranceService } from "../../../config/entrance";
import type { Construct } from "../cdktf";
import type { Alarm } from "../observability/alarm";
import type { KubernetesPlace } from "../observability/command";
import type { Severity } from "../observability/monitoring";
import type { HttpTarget } from "./graphs";
import type { HostAlarmSteps, HostThresholds } from "./host-alarms";

/** What a service tells an {@link Entrance} of itself. */
export interface EntranceHostProps {
  /** Name of the service's settings, which say its host; the names of its target group and alarms start with it. */
  readonly service: EntranceService;
  /** The service as alarms name it, for example `Grafana`. */
  readonly title: string;
  /** Who sees its errors, for example `engineers`. */
  readonly users: string;
  /** What the pods speak. Behind HTTPS any certificate will do. */
  readonly protocol: "HTTP" | "HTTPS";
  /** Path that answers 200 when a pod can work. */
  readonly healthPath: string;
  /** Where its pods are. */
  readonly place: Required<KubernetesPlace>;
  /** What holds its pods, as kubectl names it: `deployment/grafana`. */
  readonly workload: string;
  /** Whom failures reach that users feel. @default "ticket" */
  readonly severity?: Severity;
  /** When its metrics raise an alarm. @default - more than 5 % of requests fail, or the slowest hundredth takes more than 10 s */
  readonly thresholds?: HostThresholds;
  /** What to do when an alarm fires, besides what holds for every service behind the entrance. @default - nothing else */
  readonly steps?: Partial<HostAlarmSteps>;
}

/** A service's host at the entrance. */
export interface EntranceHost {
  /** Full host name. */
  readonly host: string;
  /** Address, `https://…` without a final slash. */
  readonly url: string;
  /** Port on every node that the service's Kubernetes Service must take. */
  readonly nodePort: number;
  /** Load balancer and target group as CloudWatch names them, for graphs. */
  readonly target: HttpTarget;
  /** What tells when the host fails: part of the service's own health. */
  readonly alarms: readonly Alarm[];
}

/** The one way in from people to the services of an environment; made when a service asks for a host first. */
export interface Entrance {
  /**
   * Puts a service behind the entrance.
   * @param scope - the service, which the alarms of its host belong to
   * @throws PropsError when the environment's settings have no such service, or another one has its host
   */
  host(scope: Construct, props: EntranceHostProps): EntranceHost;
}
