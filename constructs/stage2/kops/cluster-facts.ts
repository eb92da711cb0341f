import { namePrefix } from "../../../config/names";
import {
  aws,
  cdktf,
  helm,
  kops,
  kubectl,
  opsdx,
  pipe,
  shell,
  type Command,
  type KubernetesPlace,
} from "../../shared/observability/command";
import { etcdRestoreSteps } from "../../shared/observability/etcd-restore";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";

/** What a cluster's page of the runbook is written from. */
export interface ClusterFactsProps {
  /** Short name of the cluster, for example `k8s-ml`. */
  readonly cluster: string;
  /** Full name of the cluster, which is its context in kubectl. */
  readonly clusterName: string;
  /** Name of the environment. */
  readonly environment: string;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  /** Who answers for it. */
  readonly owner: string;
  /** Bucket of kops' state store. */
  readonly stateBucket: string;
}

const NODE = placeholder("node");
const INSTANCE = placeholder("instance");

/** Shell commands about one cluster. */
export function clusterCommands({ cluster, clusterName, environment, stateBucket }: ClusterFactsProps) {
  const on = (args: string, namespace?: KubernetesPlace["namespace"]): Command =>
    kubectl({ cluster: clusterName, namespace }, args);
  return {
    on,
    kops: (args: string, options = ""): Command => kops(args, clusterName, stateBucket, options),
    render: opsdx(`kops render ${environment} ${cluster}`),
    deploy: cdktf("deploy", `${environment}-stage2`),
    drain: on(`drain ${NODE} --ignore-daemonsets --delete-emptydir-data`),
    session: aws(`ssm start-session --target ${INSTANCE}`),
    replace: aws(
      `autoscaling terminate-instance-in-auto-scaling-group --instance-id ${INSTANCE} --no-should-decrement-desired-capacity`,
    ),
  };
}

/** What people need to know about a cluster: it shares its page with the other clusters. */
export function clusterFacts(props: ClusterFactsProps): SystemFacts {
  const { cluster, clusterName, environment, owner, purpose, stateBucket } = props;
  const { deploy, drain, kops: withKops, on, render, replace, session } = clusterCommands(props);
  const config = `config/environments/${environment}.ts`;
  const names = (kind: string): string => pipe(on(`get ${kind} -o name`), "cut -d/ -f2", "sort").command;
  return {
    name: cluster,
    title: `Kubernetes cluster ${cluster}`,
    page: { name: "clusters", title: "Kubernetes clusters" },
    of: { cluster },
    owner,
    purpose,
    launch: [
      ["Render the boot payload:", render],
      ["Apply:", deploy],
      ["Wait until it is whole:", withKops("validate cluster", "--wait 15m")],
    ],
    stop: [
      `One group: set \`minSize\` and \`maxSize\` of the group under \`clusters.${cluster}.nodeGroups\` in ${config}, render, apply.`,
      `The whole cluster: taking it out of ${config} destroys its etcd volumes: \`prevent_destroy\` holds only as long as their block stands, and it goes with the cluster's configuration. The same holds for a zone that is taken out. Follow docs/recipes/remove-a-zone.md, and save the backups first.`,
    ],
    status: [
      withKops("validate cluster"),
      opsdx(`kops status ${environment}`),
      on("get nodes -L opsdx_nodegroup,topology.kubernetes.io/zone"),
      ["Versions of the API and of the tools here:", on("version"), shell("kops version")],
    ],
    logs: [
      ["A pod:", on(`logs ${placeholder("pod")}`, placeholder("namespace"))],
      [
        "A container whose pod is gone; look below `/host/var/log/pods`:",
        on(`debug node/${NODE} -it --image=busybox`, "node-agents"),
      ],
      ["A node:", session, "and in it:", shell("sudo journalctl -u kubelet")],
      "API audit: `/var/log/kube-apiserver-audit.log` on each control plane.",
    ],
    metrics: [
      `CloudWatch > Metrics > AutoScaling > Group Metrics, and NetworkELB for the API, of ${namePrefix(environment)}.`,
      on("top nodes"),
      on("top pods -A"),
      "Everything else, of nodes, pods, the API and etcd: Prometheus, under Metrics on its page, and Grafana's dashboards.",
    ],
    procedures: [
      {
        title: "Get a kubeconfig",
        steps: [
          [
            "Short-lived administrator, from inside the VPC only:",
            withKops("export kubeconfig", "--internal --admin=1h"),
          ],
        ],
      },
      {
        title: "Scale a group",
        steps: [
          `Change \`minSize\`/\`maxSize\` under \`clusters.${cluster}.nodeGroups.${placeholder("group")}\` in ${config}. Sizes need no rolling update.`,
          render,
          deploy,
        ],
      },
      {
        title: "Services and charts that run on it",
        steps: [
          [
            "Each system has a page with its own commands, under Status, Stop and Launch. Of anything that runs here:",
            on("get pods -o wide", placeholder("namespace")),
            helm({ cluster: clusterName }, "list -A"),
          ],
          [
            "Made and changed: in the configuration, which stage3 is made from. What somebody applies by hand, the next plan does not know:",
            cdktf("deploy", `${environment}-stage3`),
          ],
          [
            "Stopped for now, with nothing of it lost; the next deploy starts it:",
            on(`scale deployment/${placeholder("name")} --replicas=0`, placeholder("namespace")),
          ],
          "Gone for good: taken out of the configuration, and deployed.",
        ],
      },
      { title: "Drain and replace a node", steps: [drain, replace] },
      {
        title: "Upgrade Kubernetes",
        steps: [
          [`Change \`clusters.${cluster}.kubernetesVersion\` in ${config}, then:`, render],
          [
            "Print the two phases with their exact targets; `--yes` performs them:",
            opsdx(`kops upgrade ${environment} ${cluster}`),
          ],
        ],
      },
      {
        title: "Rotate the cluster's keys",
        steps: [
          [
            "New keys, then render, apply and:",
            withKops("create keypair all"),
            withKops("rolling-update cluster", "--yes"),
          ],
          [
            "Use them, then render, apply and roll as before; hand out new kubeconfigs:",
            withKops("promote keypair all"),
          ],
          ["Forget the old ones, then render, apply and roll a last time:", withKops("distrust keypair all")],
        ],
      },
      {
        title: "Remove what Cilium keeps of nodes that are gone",
        steps: [
          ["List them:", shell(`comm -13 <(${names("nodes")}) <(${names("ciliumnodes")})`)],
          [
            "Delete each; stale endpoints and identities the operator collects by itself:",
            on(`delete ciliumnode ${NODE}`),
          ],
        ],
      },
      {
        title: "Restore etcd from a backup",
        steps: etcdRestoreSteps({ cluster: clusterName, stateBucket }),
      },
    ],
  };
}
