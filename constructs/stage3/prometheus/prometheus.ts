import { serviceRole } from "../../../config/names";
import type { ClusterName, EnvironmentConfig } from "../../../config/schema/environment";
import type { PrometheusConfig } from "../../../config/schema/prometheus";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { HelmRelease } from "../../shared/helm/helm-release";
import { ServiceSecrets } from "../../shared/helm/service-secrets";
import { contextOf } from "../../shared/helm/watched-cluster";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { PROMETHEUS } from "../../shared/kubernetes/prometheus-names";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { Platform } from "../../shared/platform";
import { refuse } from "../../shared/props-error";
import { clusterCommands, makeAlarms, nodeNotReadyAlarm, type ClusterAlarmsProps } from "./alarms";
import { alertmanagerConfig } from "./alertmanager";
import { KINDS, KINDS_CHART, PROBES, PROBES_CHART, STACK_CHART } from "./charts";
import { clusterAlarms } from "./cluster-alarms";
import { prometheusFacts, silenceSteps } from "./facts";
import { TLS_SECRET, WEB_SECRET } from "./gate";
import { PrometheusNetwork } from "./network";
import { ownAlarms, probeAlarms } from "./own-alarms";
import { probeValues, stackValues, type ProbedHost } from "./values";
import { Watchdog } from "./watchdog";
import { workloadAlarms } from "./workload-alarms";

/** Properties of {@link Prometheus}. */
export interface PrometheusProps {
  /** What it stands on. Every alarm that a Prometheus evaluates is made before this. */
  readonly platform: Pick<
    Platform,
    | "account"
    | "clusters"
    | "environment"
    | "monitoring"
    | "secretArns"
    | "secretKeyArns"
    | "secretOperators"
    | "serviceSecrets"
  >;
  /** Its settings. */
  readonly config: PrometheusConfig;
  /** The settings of the clusters: how far their node groups grow. */
  readonly clusters: EnvironmentConfig["clusters"];
  /** Hosts that are asked from inside of the cluster of the services. */
  readonly hosts: readonly ProbedHost[];
  /** Cluster of the services: its Prometheus asks the hosts. @default "k8s" */
  readonly servicesCluster?: ClusterName;
  /** Whether Grafana runs on that cluster, and takes the charts' dashboards from ConfigMaps. */
  readonly dashboards: boolean;
}

/**
 * Prometheus and Alertmanager on each cluster, by the operator of kube-prometheus-stack (docs/decisions/0042-kube-prometheus-stack.md): numbers
 * of everything that runs, the rules of kubernetes-mixin and this program's own, and the way of what rings to the topics `page` and `ticket`. A topic
 * per cluster hears every minute that this way is open.
 */
export class Prometheus extends Construct {
  /** What must be there before another chart declares a ServiceMonitor, by cluster. */
  public readonly ready: Readonly<Record<ClusterName, readonly ITerraformDependable[]>>;

  /** @throws PropsError when a cluster evaluates no rules */
  public constructor(scope: Construct, id: string, props: PrometheusProps) {
    super(scope, id);
    const { config, platform } = props;
    const { clusters, monitoring } = platform;
    const names = Object.keys(clusters) as ClusterName[];
    refuse(
      this,
      names.flatMap((name) => [
        clusters[name].rules === undefined && `platform.clusters.${name} must have rules, got none`,
        config.clusters[name] === undefined && `config.clusters.${name} must be set, got none`,
      ]),
    );
    describeSystem(this, prometheusFacts({ environment: platform.environment, config, on: contextOf(clusters) }));
    const watchdogs = names.map(
      (name) =>
        new Watchdog(this, constructId(name, "watchdog"), {
          monitoring,
          cluster: name,
          steps: silenceSteps(platform.environment, name, clusters[name].name),
        }),
    );
    this.ready = Object.fromEntries(
      names.map((name, at) => [name, this.install(props, name, watchdogs[at]?.topicArn ?? "")]),
    ) as Record<ClusterName, readonly ITerraformDependable[]>;
    new SystemHealth(this, "Health", { monitoring, alarms: watchdogs.map(({ alarm }) => alarm) });
  }

  private install(props: PrometheusProps, name: ClusterName, watchdog: string): readonly ITerraformDependable[] {
    const { config, platform, servicesCluster = "k8s" } = props;
    const { account, clusters, environment, monitoring } = platform;
    const cluster = clusters[name];
    const { monitoring: namespace, nodeAgents } = cluster.foundation;
    const instance = config.clusters[name];
    const hosts = name === servicesCluster ? props.hosts : [];
    const topics = { ...monitoring.topics, watchdog };
    const { rules } = cluster;
    const nodeGroups = props.clusters[name]?.nodeGroups;
    if (rules === undefined || instance === undefined || nodeGroups === undefined) return [];
    const alarms: ClusterAlarmsProps = { monitoring, rules, cluster: name, context: cluster.name };
    const commands = clusterCommands(cluster.name);
    makeAlarms(new Construct(this, constructId(name, "alarms")), alarms, {
      ...workloadAlarms(commands),
      ...clusterAlarms(commands, nodeGroups),
      ...ownAlarms(commands, { alertmanagers: config.alertmanagers, cluster: name, replicas: instance.replicas }),
      ...probeAlarms(commands, hosts),
    });
    const role = new ServiceAccountRole(this, constructId(name, "role"), {
      name: `${serviceRole(environment, "alertmanager")}-${name}`,
      description: `Alertmanager on ${name}`,
      policyDescription: `Notifications of ${name}`,
      cluster,
      serviceAccount: { namespace: namespace.name, name: `${PROMETHEUS}-alertmanager` },
      statements: [
        { sid: "Notify", actions: ["sns:Publish"], resources: Object.values(topics) },
        {
          sid: "Encrypt",
          actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
          resources: [monitoring.topicKeyArn],
          conditions: { StringEquals: { "kms:ViaService": `sns.${account.region}.amazonaws.com` } },
        },
      ],
    });
    const secrets = new ServiceSecrets(this, constructId(name, "secrets"), {
      platform,
      cluster: name,
      namespace,
      service: PROMETHEUS,
      secrets: [
        {
          name: WEB_SECRET,
          data: {
            user: { reference: "web", property: "user" },
            bcrypt: { reference: "web", property: "bcrypt" },
          },
          template: { htpasswd: "{{ .user }}:{{ .bcrypt }}" },
        },
        {
          name: TLS_SECRET,
          type: "kubernetes.io/tls",
          data: {
            "tls.crt": { reference: "tls", property: "certificate" },
            "tls.key": { reference: "tls", property: "key" },
          },
        },
      ],
    });
    const network = new PrometheusNetwork(this, constructId(name, "network"), { cluster });
    const kinds = new HelmRelease(this, constructId(name, "kinds"), {
      provider: cluster.helm,
      releaseName: KINDS,
      namespace: namespace.name,
      chart: KINDS_CHART,
      values: {},
      dependsOn: [...namespace.ready],
    });
    const ground = [...namespace.ready, ...nodeAgents.ready, ...secrets.ready, ...network.ready, kinds.resource];
    new HelmRelease(this, constructId(name), {
      provider: cluster.helm,
      releaseName: PROMETHEUS,
      namespace: namespace.name,
      chart: STACK_CHART,
      values: stackValues({
        environment,
        cluster: name,
        clusterName: cluster.name,
        config,
        instance,
        namespace: namespace.name,
        nodeAgents: nodeAgents.name,
        alertmanagerRoleArn: role.arn,
        alertmanager: alertmanagerConfig({
          region: account.region,
          topics,
          causes: { nodeNotReady: nodeNotReadyAlarm(alarms) },
        }),
        rules: rules.take(),
        dashboards: props.dashboards && name === servicesCluster,
      }),
      dependsOn: ground,
    });
    if (hosts.length > 0) {
      new HelmRelease(this, constructId(name, "probes"), {
        provider: cluster.helm,
        releaseName: PROBES,
        namespace: namespace.name,
        chart: PROBES_CHART,
        values: probeValues(hosts),
        dependsOn: ground,
      });
    }
    return [kinds.resource];
  }
}
