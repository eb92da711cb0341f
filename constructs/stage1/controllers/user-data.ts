import { readFileSync } from "node:fs";
import path from "node:path";
import { stringify } from "yaml";
import type { SummedTool } from "../../../config/controller-tools";
import { clusterFullName, controllerGroup, publishedFolder } from "../../../config/names";

/** CloudWatch namespace of what the agent on a controller measures. */
export const AGENT_NAMESPACE = "OpsDX/Controllers";
/** Metrics of the agent that alarms read: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/metrics-collected-by-CloudWatch-agent.html */
export const AGENT_METRICS = { disk: "disk_used_percent", sessions: "procstat_lookup_pid_count" } as const;

/** Where a controller has the shared files. */
export const SHARED_FOLDER = "/mnt/opsdx";

/** What makes a machine a controller. */
export const INSTALLER = path.join(__dirname, "install.sh");

/** Where a controller has it. */
const INSTALLED = "/usr/local/sbin/opsdx-controller";

/** Properties of {@link userData}. */
export interface UserDataProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Region of everything. */
  readonly region: string;
  /** Name of the environment's zone. */
  readonly zone: string;
  /** Short names of the clusters. */
  readonly clusters: readonly string[];
  /** Major version of the databases. */
  readonly postgresMajor: string;
  /** The tools, with what checksums there are. */
  readonly tools: readonly SummedTool[];
  /** Log group of the installer's events. */
  readonly logGroup: string;
  /** The shared files: file system and access point. @default - there are none */
  readonly nfs?: { readonly fileSystemId: string; readonly accessPointId: string };
}

/**
 * What a controller does at its first start, for cloud-init: the distribution's packages, then the installer with its lists.
 * @see https://cloudinit.readthedocs.io/en/latest/reference/modules.html
 */
export function userData(props: UserDataProps): string {
  const { clusters, environment, nfs, postgresMajor, region, tools, zone } = props;
  const file = (at: string, content: string, permissions = "0644") => ({ path: at, permissions, content });
  const config = {
    packages: ["amazon-cloudwatch-agent", "amazon-efs-utils", "git", "jq", `postgresql${postgresMajor}`, "tar"],
    write_files: [
      {
        ...file(INSTALLED, readFileSync(INSTALLER).toString("base64"), "0755"),
        // As the shell's own dollar signs and braces would be Terraform's.
        encoding: "b64",
      },
      file("/etc/opsdx/tools", lines(tools.map(toolLine))),
      file(
        "/etc/opsdx/clusters",
        lines(
          clusters.map((cluster) =>
            [
              clusterFullName({ dns: { zone } }, cluster),
              `${publishedFolder(environment, "stage2")}${cluster}/certificate-authority`,
              region,
            ].join(" "),
          ),
        ),
      ),
      ...(nfs === undefined
        ? []
        : [file("/etc/opsdx/nfs", lines([`${nfs.fileSystemId} ${nfs.accessPointId} ${SHARED_FOLDER}`]))]),
      file(
        "/etc/profile.d/opsdx.sh",
        lines([`export AWS_REGION=${region} KUBECONFIG=/etc/opsdx/kubeconfig`, "export PATH=/usr/local/bin:$PATH"]),
      ),
      file("/etc/opsdx/cloudwatch-agent.json", `${JSON.stringify(agentConfig(props), undefined, 1)}\n`),
    ],
    runcmd: [
      [
        "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl",
        ...["-a", "fetch-config", "-m", "ec2", "-s", "-c", "file:/etc/opsdx/cloudwatch-agent.json"],
      ],
      [INSTALLED, "install"],
    ],
  };
  return `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");

function toolLine({ kind, member = "-", name, sha256 = "-", url, version }: SummedTool): string {
  return [name, version, kind, url, sha256, member].join(" ");
}

/**
 * What the agent measures by the group, whichever instance it is now, and the installer's events.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
 */
function agentConfig({ environment, logGroup }: UserDataProps): object {
  const dimensions = { append_dimensions: { AutoScalingGroupName: controllerGroup(environment) } };
  return {
    agent: { metrics_collection_interval: 60, omit_hostname: true },
    metrics: {
      namespace: AGENT_NAMESPACE,
      aggregation_dimensions: [["AutoScalingGroupName"]],
      metrics_collected: {
        disk: { measurement: ["used_percent"], resources: ["/"], drop_device: true, ...dimensions },
        procstat: [{ exe: "amazon-ssm-agent", measurement: ["pid_count"], ...dimensions }],
      },
    },
    logs: {
      logs_collected: {
        files: {
          collect_list: [
            { file_path: "/var/log/opsdx/install.log", log_group_name: logGroup, log_stream_name: "{instance_id}" },
          ],
        },
      },
    },
  };
}
