import type { SystemFacts } from "../../shared/observability/system";

/** What people need to know about a cluster. */
export function clusterFacts(cluster: string, purpose: string, owner: string): SystemFacts {
  const name = `${cluster}.<env>.opsdx.io`;
  const state = "--state s3://opsdx-kops-state";
  return {
    name: cluster,
    title: `Kubernetes cluster ${cluster}`,
    owner,
    purpose,
    launch: [
      `Render the boot payload: \`npx opsdx kops render <env> ${cluster}\`.`,
      "Apply: `npx cdktf deploy <env>-stage2`.",
      `Wait until it is whole: \`kops validate cluster --name ${name} ${state} --wait 15m\`.`,
    ],
    stop: [
      `One group: set \`minSize\` and \`maxSize\` of the group under \`clusters.${cluster}.nodeGroups\` in config/environments/<env>.ts, render, apply.`,
      "The whole cluster: take it out of config/environments/<env>.ts. Terraform refuses to destroy the etcd volumes; remove them by hand once the backups are safe.",
    ],
    status: [
      `\`kops validate cluster --name ${name} ${state}\``,
      "`npx opsdx kops status <env>`",
      "`kubectl get nodes -L opsdx_nodegroup,topology.kubernetes.io/zone`",
    ],
    logs: [
      "Pods: `kubectl logs -n <namespace> <pod>`; a container whose pod is gone: `kubectl debug node/<node> -n node-agents -it --image=busybox`, then look below `/host/var/log/pods`.",
      "Node: `aws ssm start-session --target <instance>`, then `sudo journalctl -u kubelet`.",
      "API audit: `/var/log/kube-apiserver-audit.log` on each control plane.",
    ],
    metrics: [
      "CloudWatch > Metrics > AutoScaling > Group Metrics, and NetworkELB for the API.",
      "`kubectl top nodes`, `kubectl top pods -A` (metrics-server).",
    ],
    procedures: [
      {
        title: "Get a kubeconfig",
        steps: [
          `\`kops export kubeconfig --name ${name} ${state} --internal --admin=1h\`: short-lived administrator, from inside the VPC only.`,
        ],
      },
      {
        title: "Scale a group",
        steps: [
          `Change \`minSize\`/\`maxSize\` under \`clusters.${cluster}.nodeGroups.<group>\` in config/environments/<env>.ts.`,
          `\`npx opsdx kops render <env> ${cluster}\`, then \`npx cdktf deploy <env>-stage2\`. Sizes need no rolling update.`,
        ],
      },
      {
        title: "Drain and replace a node",
        steps: [
          "`kubectl drain <node> --ignore-daemonsets --delete-emptydir-data`",
          "`aws autoscaling terminate-instance-in-auto-scaling-group --instance-id <instance> --no-should-decrement-desired-capacity`",
        ],
      },
      {
        title: "Upgrade Kubernetes",
        steps: [
          `Change \`clusters.${cluster}.kubernetesVersion\` in config/environments/<env>.ts, then \`npx opsdx kops render <env> ${cluster}\`.`,
          `\`npx opsdx kops upgrade <env> ${cluster}\` prints the two phases with their exact targets; \`--yes\` performs them.`,
        ],
      },
      {
        title: "Rotate the cluster's keys",
        steps: [
          `\`kops create keypair all --name ${name} ${state}\`, render, apply, \`kops rolling-update cluster --name ${name} ${state} --yes\`.`,
          `\`kops promote keypair all --name ${name} ${state}\`, render, apply, rolling update again; hand out new kubeconfigs.`,
          `\`kops distrust keypair all --name ${name} ${state}\`, render, apply, rolling update a last time.`,
        ],
      },
      {
        title: "Remove what Cilium keeps of nodes that are gone",
        steps: [
          "List them: `comm -13 <(kubectl get nodes -o name | cut -d/ -f2 | sort) <(kubectl get ciliumnodes -o name | cut -d/ -f2 | sort)`.",
          "Delete each: `kubectl delete ciliumnode <name>`. Stale endpoints and identities the operator collects by itself.",
        ],
      },
      {
        title: "Restore etcd from a backup",
        steps: [
          `List: \`aws s3 ls s3://opsdx-kops-state/${name}/backups/etcd/main/\`.`,
          `In a session on a control plane, follow etcd-manager: \`etcd-manager-ctl --backup-store=s3://opsdx-kops-state/${name}/backups/etcd/main restore-backup <backup>\`, the same for \`events\`, then restart both etcd pods on every control plane.`,
          `\`kops validate cluster --name ${name} ${state}\`; pods that were scheduled after the backup are scheduled again.`,
        ],
      },
    ],
  };
}
