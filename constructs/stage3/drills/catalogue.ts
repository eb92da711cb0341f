import { clusterFullName, DATABASE_PASSWORD, namePrefix, secretPath } from "../../../config/names";
import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { PROMETHEUS_SERVER } from "../../shared/kubernetes/prometheus-names";
import { aws, kubectl, output, shell, type Command } from "../../shared/observability/command";
import type { Drill, Query } from "./drill";
import { DRILLS, ETL_NODES, FILL_VOLUME, WAIT_FOR_NODE } from "./names";
import { etlDrills } from "./etl";
import { restoreDrills } from "./restore";
import { API, databaseIs, type Scene } from "./scene";

const WEB = { namespace: "default", app: "trews-rest-api" } as const;
/** What a kubectl query of `ready/wanted` must say. */
const ALL_READY = /^([1-9]\d*)\/\1$/;
/** kops' cluster autoscaler, in kube-system: of a cluster with several control planes it has two. */
const AUTOSCALER = "deployment/cluster-autoscaler";
/** What `get nodes` says of nodes that are all ready and take pods. */
const NODES_READY = /^(\S+ +Ready .*(\n|$))+$/;

/** One at which what loads the database is ended. */
const DATABASE = "db-connections-high";

/**
 * The drills of an environment: those of systems that it has; none where it has no `drills`.
 * @param stateBucket - name of the bucket of Terraform's states
 */
export function drillsOf(environment: EnvironmentConfig, stateBucket: string): readonly Drill[] {
  if (environment.drills === undefined) return [];
  const scene: Scene = {
    environment,
    stateBucket,
    prefix: namePrefix(environment.name),
    owner: environment.drills.owner,
    on: (cluster, namespace, args) => kubectl({ cluster: clusterFullName(environment, cluster), namespace }, args),
  };
  return [
    ...webDrills(scene),
    ...clusterDrills(scene),
    ...networkDrills(scene),
    rdsFailover(scene),
    ...etlDrills(scene),
    ...serviceDrills(scene),
    ...restoreDrills(scene),
  ];
}

/** Whether every pod of the web service that is wanted is ready. */
function webIsReady({ on }: Scene): Query {
  return {
    says: "Every wanted pod of the web service is ready",
    command: on(
      "k8s",
      WEB.namespace,
      `get deployment ${WEB.app} -o jsonpath='{.status.readyReplicas}/{.spec.replicas}'`,
    ),
    matches: ALL_READY,
  };
}

function webDrills(scene: Scene): readonly Drill[] {
  const { on, owner } = scene;
  const pods = on("k8s", WEB.namespace, `get pods -l app=${WEB.app} -o wide`);
  return [
    {
      name: "web-pod-kill",
      title: "Every pod of the web service is killed, again and again, for six minutes",
      owner,
      hypothesis:
        "Somebody is paged before clinicians call, and the service comes back by itself as soon as nobody kills its pods any more.",
      steady: [webIsReady(scene)],
      injection: {
        kind: "chaoskube",
        namespace: WEB.namespace,
        labels: `app=${WEB.app}`,
        kinds: "ReplicaSet",
        minimumAgeSeconds: 0,
        // Of the pods of a ReplicaSet it kills one at a time, by chance: so often that none lives until it is ready.
        // https://github.com/linki/chaoskube/blob/v0.39.0/chaoskube/chaoskube.go (filterByOwnerReference)
        intervalSeconds: 1,
        maxKill: 50,
        maxRuntimeMinutes: 6,
      },
      blastRadius:
        "The web service answers nobody for six to nine minutes. Its nodes, its database and everything else go on.",
      stop: [API, DATABASE],
      fires: [
        { alarm: "web-no-healthy-target", withinMinutes: 8 },
        { alarm: "dns-endpoint-web", withinMinutes: 8 },
      ],
      recoverWithinMinutes: 15,
      rollback:
        "chaoskube ends by itself after six minutes, and at once when its Job is deleted; the Deployment makes new pods.",
      evidence: [pods, on("k8s", WEB.namespace, "get events --field-selector reason=Killing")],
    },
    {
      name: "web-nodes-lost",
      title: "Every node of the web service is terminated, and AWS has no other for a quarter of an hour",
      owner,
      hypothesis:
        "Somebody is paged within twelve minutes, and the service is back within ten minutes of the first new node.",
      steady: [webIsReady(scene)],
      injection: {
        kind: "fis",
        actions: {
          NoCapacity: noCapacity("k8s", "web"),
          Terminate: terminate("k8s", "web"),
        },
      },
      blastRadius: "The web service answers nobody for 20 to 30 minutes. Other node groups and the database go on.",
      stop: [API, DATABASE],
      fires: [
        { alarm: "web-no-healthy-target", withinMinutes: 8 },
        { alarm: "web-nodes-inservice", withinMinutes: 15 },
        { alarm: "ping-up", withinMinutes: 15 },
      ],
      recoverWithinMinutes: 45,
      rollback:
        "AWS gives nodes again when the experiment ends or is stopped; the auto scaling group starts them by itself.",
      evidence: [pods, on("k8s", undefined, "get nodes -l opsdx_nodegroup=web")],
    },
  ];
}

/** AWS refuses an auto scaling group new instances. */
function noCapacity(cluster: string, group: string) {
  return {
    action: "aws:ec2:asg-insufficient-instance-capacity-error",
    targetKey: "AutoScalingGroups",
    target: { kind: "group", cluster, group },
    parameters: { duration: "PT15M", percentage: "100" },
  } as const;
}

/** AWS terminates the instances of a group. */
function terminate(cluster: string, group: string) {
  return {
    action: "aws:ec2:terminate-instances",
    targetKey: "Instances",
    target: { kind: "instances", cluster, group },
  } as const;
}

function clusterDrills(scene: Scene): readonly Drill[] {
  const { environment, on, owner } = scene;
  const [zone = ""] = environment.clusters.k8s.controlPlane.zones;
  const group = `control-plane-${zone}`;
  const nodesReady = (says: string, selector: string): Query => ({
    says,
    command: on("k8s", undefined, `get nodes -l ${selector} --no-headers`),
    matches: NODES_READY,
  });
  return [
    {
      name: "control-plane-lost",
      title: `The control plane in ${zone} is terminated, and AWS has no other for a quarter of an hour`,
      owner,
      hypothesis: "The other two answer: nothing that runs notices, and somebody is paged within a quarter of an hour.",
      steady: [nodesReady("Every control plane is ready", "node-role.kubernetes.io/control-plane"), webIsReady(scene)],
      injection: { kind: "fis", actions: { NoCapacity: noCapacity("k8s", group), Terminate: terminate("k8s", group) } },
      blastRadius:
        "One of three control planes of k8s. etcd keeps its majority; with a second one lost nothing could be changed.",
      stop: [API, "web-no-healthy-target"],
      fires: [{ alarm: `k8s-${group}-nodes-inservice`, withinMinutes: 15 }],
      recoverWithinMinutes: 45,
      rollback: "The auto scaling group starts another when the experiment ends; it finds its etcd volume by its tags.",
      evidence: [on("k8s", undefined, "get nodes -l node-role.kubernetes.io/control-plane -o wide")],
    },
    ...(environment.prometheus === undefined ? [] : monitoredClusterDrills(scene, nodesReady)),
  ];
}

/** Makes the Job of a template of the drills, of its name. */
function jobOf(on: Scene["on"], template: string): Command {
  return on("k8s", DRILLS, `create job ${template} --from=cronjob/${template}`);
}

/** Takes that Job away, with its pod. */
function withoutJobOf(on: Scene["on"], template: string): Command {
  return on("k8s", DRILLS, `delete job ${template} --ignore-not-found --wait=true`);
}

function monitoredClusterDrills(
  { on, owner }: Scene,
  nodesReady: (says: string, selector: string) => Query,
): readonly Drill[] {
  const monitoring = (args: string): Command => on("k8s", MONITORING_NAMESPACE, args);
  const nodes = `${NODE_GROUP_LABEL}=${ETL_NODES}`;
  const prometheusReady: Query = {
    says: "Every wanted Prometheus is ready",
    command: monitoring(
      `get statefulset/${PROMETHEUS_SERVER.statefulSet} -o jsonpath='{.status.readyReplicas}/{.spec.replicas}'`,
    ),
    matches: ALL_READY,
  };
  return [
    {
      name: "node-drain",
      title: "The nodes of the ETLs are drained",
      owner,
      hypothesis:
        "Runs wait and go on elsewhere; somebody is told of pods that find no node, as the autoscaler may not help.",
      steady: [
        nodesReady("Every node of the ETLs is ready and takes pods", nodes),
        {
          says: "Every wanted cluster autoscaler is ready",
          command: on("k8s", "kube-system", `get ${AUTOSCALER} -o jsonpath='{.status.readyReplicas}/{.spec.replicas}'`),
          matches: ALL_READY,
        },
      ],
      injection: {
        kind: "commands",
        target: on("k8s", "kube-system", `get ${AUTOSCALER} -o jsonpath='{.spec.replicas}'`),
        inject: [
          on("k8s", "kube-system", `scale ${AUTOSCALER} --replicas=0`),
          on("k8s", undefined, `drain -l ${nodes} --ignore-daemonsets --delete-emptydir-data --timeout=300s`),
          // A pod of an ETL is ended before it has waited long enough for the alarm.
          jobOf(on, WAIT_FOR_NODE),
        ],
        undo: [
          withoutJobOf(on, WAIT_FOR_NODE),
          on("k8s", undefined, `uncordon -l ${nodes}`),
          on("k8s", "kube-system", `scale ${AUTOSCALER} --replicas="$TARGET"`),
        ],
      },
      blastRadius:
        "Runs of ETLs on k8s wait for as long as the drill goes on, and no group of k8s grows. The web service stands on other nodes.",
      stop: [API, "web-no-healthy-target"],
      fires: [{ alarm: "k8s-pods-pending", withinMinutes: 35, cluster: "k8s" }],
      recoverWithinMinutes: 60,
      rollback: "The nodes take pods again, and the cluster autoscaler has as many replicas as before.",
      evidence: [on("k8s", undefined, `get nodes -l ${nodes}`)],
    },
    {
      name: "prometheus-down",
      title: "Prometheus of k8s is switched off",
      owner,
      hypothesis: "Its silence is told: CloudWatch misses its watchdog and pages, as nobody else would.",
      steady: [prometheusReady],
      injection: {
        kind: "commands",
        target: monitoring(`get ${PROMETHEUS_SERVER.resource} -o jsonpath='{.spec.replicas}'`),
        inject: [monitoring(`patch ${PROMETHEUS_SERVER.resource} --type=merge -p '{"spec":{"replicas":0}}'`)],
        undo: [
          shell(
            `${monitoring(`patch ${PROMETHEUS_SERVER.resource} --type=merge -p`).command} '{"spec":{"replicas":'"$TARGET"'}}'`,
          ),
        ],
      },
      blastRadius: "Nobody sees the numbers of k8s, and none of its alarms fires. What they watch goes on.",
      stop: [API, "web-no-healthy-target"],
      fires: [{ alarm: "k8s-monitoring-silent", withinMinutes: 30 }],
      recoverWithinMinutes: 60,
      rollback: "The number of its replicas is set back; no deploy does it.",
      evidence: [monitoring("get pods -l app.kubernetes.io/name=prometheus")],
    },
    {
      name: "volume-full",
      title: "A volume fills up: one that the drill brings itself",
      owner,
      hypothesis: "Somebody is told before a volume is full, and early enough to make it larger.",
      steady: [
        {
          says: "No volume of a drill is there",
          command: on("k8s", DRILLS, "get persistentvolumeclaims -o name"),
          matches: /^$/,
        },
      ],
      injection: {
        kind: "commands",
        inject: [jobOf(on, FILL_VOLUME)],
        undo: [withoutJobOf(on, FILL_VOLUME)],
      },
      blastRadius: "One gibibyte on one EBS volume that no system uses.",
      stop: [API],
      fires: [{ alarm: "k8s-volume-filling", withinMinutes: 30, cluster: "k8s" }],
      recoverWithinMinutes: 60,
      rollback: "The Job goes, and its volume with it.",
      evidence: [on("k8s", DRILLS, "get pods,persistentvolumeclaims")],
    },
  ];
}

function networkDrills({ environment, on, owner, prefix }: Scene): readonly Drill[] {
  if (environment.prometheus === undefined) return [];
  const [zone = ""] = environment.clusters.k8s.controlPlane.zones.slice(-1);
  const outside = `topology.kubernetes.io/zone!=${zone}`;
  const table = (query: string): Command =>
    aws(
      `ec2 describe-route-tables --filters Name=tag:Name,Values=${prefix}-private-${zone} --query "RouteTables[0].${query}" --output text`,
    );
  const gateway = "Routes[?DestinationCidrBlock=='0.0.0.0/0'].NatGatewayId|[0]";
  return [
    {
      name: "zone-cut",
      title: `The nodes' subnet of ${zone} is cut off from everything`,
      owner,
      hypothesis: "What stands in the zone is replaced in the others; somebody is told that its nodes are gone.",
      steady: [
        {
          says: "Every node of k8s is ready",
          command: on("k8s", undefined, "get nodes --no-headers"),
          matches: NODES_READY,
        },
        // What tells of the drill, and what would end it at once, must not be cut off.
        {
          says: `A node of the web service stands outside of ${zone}`,
          command: on("k8s", undefined, `get nodes -l '${NODE_GROUP_LABEL}=web,${outside}' --no-headers`),
          matches: NODES_READY,
        },
        {
          says: `A Prometheus of k8s stands outside of ${zone}`,
          command: shell(
            `nodes=${output(on("k8s", undefined, `get nodes -l '${outside}' -o jsonpath='{.items[*].metadata.name}'`))} || exit 1; pods=${output(on("k8s", MONITORING_NAMESPACE, "get pods -l app.kubernetes.io/name=prometheus -o jsonpath='{.items[*].spec.nodeName}'"))} || exit 1; for node in $pods; do case " $nodes " in *" $node "*) echo "$node";; esac; done`,
          ),
          matches: /\S/,
        },
      ],
      injection: {
        kind: "fis",
        actions: {
          Cut: {
            action: "aws:network:disrupt-connectivity",
            targetKey: "Subnets",
            target: { kind: "zone", zone },
            parameters: { duration: "PT25M", scope: "all" },
          },
        },
      },
      blastRadius:
        "A third of the nodes of every cluster, and what else stands in their subnet: interface endpoints of AWS services, and functions. Control planes and databases stand in subnets of their own, and go on.",
      stop: [API, "web-no-healthy-target"],
      fires: [{ alarm: "k8s-node-not-ready", withinMinutes: 20, cluster: "k8s" }],
      recoverWithinMinutes: 60,
      rollback: "FIS puts the subnet's network ACL back when the experiment ends or is stopped.",
      evidence: [on("k8s", undefined, "get nodes -L topology.kubernetes.io/zone")],
    },
    {
      name: "nat-lost",
      title: `The nodes of ${zone} lose their way to the internet`,
      owner,
      hypothesis:
        "AWS is reached by the endpoints of the VPC; somebody is told that a route was changed, and what is outside answers no more.",
      steady: [
        {
          says: `The private route table of ${zone} leads to a NAT gateway`,
          command: table(gateway),
          matches: /^nat-[0-9a-f]+$/,
        },
      ],
      injection: {
        kind: "commands",
        target: table(gateway),
        inject: [
          aws(`ec2 delete-route --route-table-id ${output(table("RouteTableId"))} --destination-cidr-block 0.0.0.0/0`),
        ],
        undo: [
          shell(
            `[ "${output(table(gateway))}" = "$TARGET" ] || ${aws(`ec2 create-route --route-table-id ${output(table("RouteTableId"))} --destination-cidr-block 0.0.0.0/0 --nat-gateway-id "$TARGET"`).command}`,
          ),
        ],
      },
      blastRadius: `What nodes and control planes of ${zone} ask of the internet: Epic, registries of images, and AWS services without an endpoint.`,
      stop: [API, "web-no-healthy-target"],
      fires: [{ alarm: "cis-route-table-changes", withinMinutes: 20 }],
      recoverWithinMinutes: 30,
      rollback: "The route is made again, to the gateway that it led to.",
      evidence: [table("Routes")],
    },
  ];
}

function rdsFailover({ owner, prefix }: Scene): Drill {
  return {
    name: "rds-failover",
    title: "The operational database fails over to its standby",
    owner,
    hypothesis: "The web service errs for two minutes at most and goes on by itself: no program holds the old address.",
    steady: [databaseIs(prefix, "db", "available")],
    injection: {
      kind: "fis",
      actions: {
        Reboot: {
          action: "aws:rds:reboot-db-instances",
          targetKey: "DBInstances",
          target: { kind: "database", identifier: `${prefix}-db` },
          parameters: { forceFailover: "true" },
        },
      },
    },
    blastRadius:
      "Every statement on db fails for one to two minutes. The warehouse and the database of services go on.",
    stop: ["web-no-healthy-target", "db-storage-low"],
    fires: [{ alarm: "db-fatal", withinMinutes: 15 }],
    recoverWithinMinutes: 30,
    rollback: "Nothing is to be taken back: the standby is the database now, and RDS makes another standby.",
    evidence: [aws(`rds describe-events --source-type db-instance --source-identifier ${prefix}-db --duration 60`)],
  };
}

function serviceDrills({ environment, on, owner }: Scene): readonly Drill[] {
  const monitoring = (args: string): Command => on("k8s", MONITORING_NAMESPACE, args);
  const drills: Drill[] = [];
  if (environment.grafana !== undefined) {
    drills.push({
      name: "grafana-down",
      title: "Grafana is switched off",
      owner,
      hypothesis: "Nobody needs it to be told of an alarm, and somebody is told that it is gone.",
      steady: [
        {
          says: "Every wanted pod of Grafana is ready",
          command: monitoring("get deployment grafana -o jsonpath='{.status.readyReplicas}/{.spec.replicas}'"),
          matches: ALL_READY,
        },
      ],
      injection: {
        kind: "commands",
        target: monitoring("get deployment grafana -o jsonpath='{.spec.replicas}'"),
        inject: [monitoring("scale deployment/grafana --replicas=0")],
        undo: [monitoring('scale deployment/grafana --replicas="$TARGET"')],
      },
      blastRadius: "Nobody sees dashboards. Alarms come from CloudWatch and Alertmanager, and go on.",
      stop: [API, "web-no-healthy-target"],
      fires: [{ alarm: "grafana-no-healthy-target", withinMinutes: 10 }],
      recoverWithinMinutes: 20,
      rollback: "The number of its replicas is set back.",
      evidence: [monitoring("get pods -l app.kubernetes.io/name=grafana")],
    });
  }
  if (environment.redash !== undefined && environment.databases.services !== undefined) {
    drills.push(secretExpired({ on, owner, secret: `${secretPath(environment.name, "redash")}${DATABASE_PASSWORD}` }));
  }
  return drills;
}

function secretExpired({ on, owner, secret }: Pick<Scene, "on" | "owner"> & { readonly secret: string }): Drill {
  const redash = (args: string): Command => on("k8s", "redash", args);
  const current = aws(
    `secretsmanager list-secret-version-ids --secret-id ${secret} --query "Versions[?contains(VersionStages,'AWSCURRENT')].VersionId|[0]" --output text`,
  );
  const reread = [
    redash("annotate externalsecrets --all force-sync=$(date +%s) --overwrite"),
    shell("sleep 20"),
    redash("rollout restart deployment"),
  ];
  return {
    name: "secret-expired",
    title: "The password of Redash's database is no longer the one that the database knows",
    owner,
    hypothesis: "Logins that fail page within minutes: they look the same when somebody guesses passwords.",
    steady: [
      {
        says: "Every wanted pod of Redash's server is ready",
        command: redash("get deployment redash -o jsonpath='{.status.readyReplicas}/{.spec.replicas}'"),
        matches: ALL_READY,
      },
    ],
    injection: {
      kind: "commands",
      target: current,
      // The value goes from one call to the other, and is never shown.
      inject: [
        shell(
          `aws secretsmanager put-secret-value --secret-id ${secret} --secret-string "$(aws secretsmanager get-random-password --exclude-punctuation --query RandomPassword --output text)" --query VersionId --output text`,
        ),
        ...reread,
      ],
      undo: [
        shell(
          `[ "${output(current)}" = "$TARGET" ] || ${aws(`secretsmanager update-secret-version-stage --secret-id ${secret} --version-stage AWSCURRENT --move-to-version-id "$TARGET" --remove-from-version-id "${output(current)}"`).command}`,
        ),
        ...reread,
      ],
    },
    blastRadius: "Nobody reaches Redash. Its database and those of other services go on.",
    stop: [API, "db-failed-login"],
    fires: [{ alarm: "services-failed-login", withinMinutes: 20 }],
    recoverWithinMinutes: 45,
    rollback: "The version that was current is made current again, and Redash reads it anew.",
    evidence: [redash("get pods")],
  };
}
