import type { ConcourseConfig } from "../../../config/schema/concourse";
import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import { Construct } from "../../shared/cdktf";
import type { Entrance } from "../../shared/http/entrance";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { concourseAlarms } from "./alarms";
import { concourseCommands } from "./commands";
import { concourseDashboard } from "./dashboard";
import { concourseFacts } from "./facts";
import { CONCOURSE, WEB } from "./names";
import { ConcoursePipeline } from "./pipeline";
import { RegistryLogin } from "./registry-login";
import { ConcourseWeb, type ConcourseWebProps } from "./web";
import { ConcourseWorkers } from "./workers";

/** Properties of {@link Concourse}. */
export interface ConcourseProps {
  /** What it stands on. */
  readonly platform: ConcourseWebProps["platform"] & Pick<Platform, "monitoring">;
  /** Settings. */
  readonly config: ConcourseConfig;
  /** The way in for people. */
  readonly entrance: Entrance;
  /** Its host there, by its full name. */
  readonly host: string;
  /** Account and region of the image registry. */
  readonly registry: { readonly id: string; readonly region: string };
  /** Bucket of kops' state, for the page. */
  readonly kopsState: string;
  /** Networks that builds have no way to: those of databases and control planes. */
  readonly closedTo: readonly string[];
}

/**
 * Concourse: servers on the general group, workers on nodes of their own, one pipeline that this program sets and that sets itself from
 * then on (docs/decisions/0038-one-pusher-of-images.md).
 */
export class Concourse extends Construct {
  /** @throws PropsError when the environment lacks what it stands on: a host, a database of services, a node group */
  public constructor(scope: Construct, id: string, props: ConcourseProps) {
    super(scope, id);
    const { closedTo, config, entrance, platform, registry } = props;
    const { environment, monitoring } = platform;
    const { kubernetes: provider, name: cluster, nodeGroups, rules } = platform.clusters.k8s;
    const label = nodeGroups[config.workers.nodeGroup]?.label ?? "";
    const commands = concourseCommands(environment, cluster, `${NODE_GROUP_LABEL}=${label}`);
    describeSystem(
      this,
      concourseFacts({
        environment,
        cluster,
        config,
        commands,
        url: `https://${props.host}`,
        kopsState: props.kopsState,
      }),
    );
    const namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: CONCOURSE,
      level: {
        standard: "baseline",
        reason:
          "The chart mounts the servers' keys so that only root reads them, and has no setting for a group that they could belong to. Its pods are root without any capability, on a root file system that is read-only, and may gain no rights; every other rule of the standard restricted they keep.",
      },
      quota: { "services.loadbalancers": "0", "services.nodeports": "1" },
      containerDefaults: { cpu: "50m", memory: "256Mi" },
    });
    const host = entrance.host(this, {
      service: CONCOURSE,
      title: "Concourse",
      users: "engineers",
      protocol: "HTTP",
      healthPath: "/api/v1/info",
      place: { cluster, namespace: CONCOURSE },
      workload: `deployment/${WEB}`,
    });
    const { ready: servers } = new ConcourseWeb(this, "Web", { platform, config, namespace, host });
    new ConcourseWorkers(this, "Workers", { platform, config: config.workers, closedTo, servers });
    new RegistryLogin(this, "RegistryLogin", {
      platform,
      registry,
      repositories: Object.keys(config.pipeline.images),
      namespace,
    });
    new ConcoursePipeline(this, "Pipeline", { platform, config: config.pipeline, registry, namespace, servers });
    // What nobody evaluates is no alarm, and without Prometheus there is nothing to draw: the entrance's alarms remain.
    if (rules !== undefined) {
      concourseAlarms(this, { monitoring, rules, config, commands });
      concourseDashboard(this, { environment, region: platform.account.region, config });
    }
    new SystemHealth(this, "Health", { monitoring, alarms: [...host.alarms] });
  }
}
