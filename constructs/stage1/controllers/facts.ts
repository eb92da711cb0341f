import { imageOf } from "../../../config/images";
import { clusterFullName, controllerGroup, controllerSessions, stackName } from "../../../config/names";
import { aws, awslogs, cdktf, kubectl, opsdx, output, shell, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { SystemFacts } from "../../shared/observability/system";

/** Name of the system, and of its page of the runbook. */
export const CONTROLLERS = "controllers";

/** Log group of the installer's events. */
export function installerLogGroup(environment: string): string {
  return controllerGroup(environment);
}

/** What the installers said. */
export function installerLog(environment: string, start?: string): Command {
  return awslogs(installerLogGroup(environment), { start });
}

/** The last things that the group did, with why. */
export function look(environment: string): Command {
  return aws(
    `autoscaling describe-scaling-activities --auto-scaling-group-name ${controllerGroup(environment)} --max-items 10 --query 'Activities[].[StartTime,StatusCode,Description,Cause]' --output table`,
  );
}

/** Opens a session. */
export function connect(environment: string): Command {
  return opsdx(`controller connect ${environment}`);
}

/** Ends the instance, so that its group starts another. */
export function replaceIt(environment: string): Command {
  return aws(
    `autoscaling start-instance-refresh --auto-scaling-group-name ${controllerGroup(environment)} --preferences MinHealthyPercentage=0`,
  );
}

/** What the page of the runbook is written from. */
export interface ControllersFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Who answers for them. */
  readonly owner: string;
  /** Name of the environment's zone. */
  readonly zone: string;
  /** Short name of a cluster, for examples. */
  readonly cluster: string;
  /** Name of the bucket that keeps whole sessions. */
  readonly sessionBucket: string;
  /** Name of the shared folder. @default - there is none */
  readonly shared?: string;
}

/** The runbook's page on the controllers. */
export function controllersFacts(props: ControllersFactsProps): SystemFacts {
  const { environment, owner, sessionBucket, shared, zone } = props;
  const deploy = cdktf("deploy", stackName(environment, "stage1"));
  const group = controllerGroup(environment);
  const cluster = clusterFullName({ dns: { zone } }, props.cluster);
  const pod = { cluster, namespace: placeholder("namespace") };
  return {
    name: CONTROLLERS,
    title: "Controllers",
    owner,
    purpose:
      "One machine inside the VPC on which people run awslogs, kubectl, psql, kops, helm, terraform and this program. It sees the account and the clusters, no data and no secrets; who may more takes on the roles of people there.",
    launch: [
      [
        "Once: the checksums of the tools, where their publishers are reached. Commit what it writes.",
        opsdx("controller lock"),
      ],
      ["Make it:", deploy],
      ["Start one that was stopped:", opsdx(`controller start ${environment}`)],
      ["Enter it:", connect(environment)],
    ],
    stop: [
      ["Everybody on it is thrown out, and nothing on its disk is kept:", opsdx(`controller stop ${environment}`)],
    ],
    status: [opsdx(`controller status ${environment}`), look(environment)],
    logs: [
      ["What its installer did:", installerLog(environment)],
      ["What people saw, line by line. It may be PHI:", awslogs(controllerSessions(environment))],
      ["Whole sessions:", aws(`s3 ls s3://${sessionBucket}/sessions/`)],
      [
        "Who opened them:",
        aws(
          "cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=StartSession --max-results 20",
        ),
      ],
    ],
    metrics: [
      aws("cloudwatch list-metrics --namespace OpsDX/Controllers"),
      `CloudWatch > Metrics > EC2 > By Auto Scaling Group > ${group}.`,
    ],
    procedures: [
      {
        title: "Do more than look",
        steps: [
          `In the session, as yourself: a controller's own role reads no data and changes nothing${shared === undefined ? "" : `, but for files in \`${shared}\``}.`,
          [
            "On your own machine, in this repository, whoever you are in place of the kind that is named:",
            opsdx("people profiles administrators"),
          ],
          [
            "In the session, which has neither this program nor profiles, put there what it printed, and end it with Ctrl-D:",
            shell("mkdir -p ~/.aws && cat > ~/.aws/config"),
            aws("sso login --sso-session opsdx --use-device-code"),
            shell(`export AWS_PROFILE=opsdx-${environment}`),
          ],
          "The home of a session goes within seconds of its end, and what you signed in to there. Others on the same machine could use it until then: sign out.",
          aws("sso logout"),
        ],
      },
      {
        title: "Contexts of the clusters",
        steps: [
          [
            "They are set for each cluster that stands. After one was made, or its certificate changed, in the session:",
            shell("sudo opsdx-controller contexts"),
          ],
          kubectl({ cluster }, "get nodes"),
        ],
      },
      {
        title: "Bring a pod's file, or a node's, to the controller",
        steps: [
          `It may be PHI, so it comes into the session's home, which goes with the session.${shared === undefined ? "" : ` Not into \`${shared}\`: everybody who mounts it reads it there, and what is deleted there stays in the backups of the file system, and in its copy in another region, until those expire.`}`,
          [
            "A pod's, with a tar in its image. Who may run programs in its namespace may do so:",
            kubectl(pod, `cp ${placeholder("pod")}:${placeholder("file")} "$HOME/${placeholder("name")}"`),
          ],
          [
            "Any file of a node, such as a container's log, as an administrator of the cluster. Nothing is left on the node but a finished pod, which the second command deletes:",
            kubectl(
              { cluster, namespace: "node-agents" },
              `debug node/${placeholder("node")} --quiet --attach --profile=sysadmin --image=${imageOf("aws-cli")} -- cat /host${placeholder("file")} > "$HOME/${placeholder("name")}"`,
            ),
            kubectl({ cluster, namespace: "node-agents" }, "delete pods --field-selector=status.phase=Succeeded"),
          ],
          ["When you are done before the session is:", shell(`rm "$HOME/${placeholder("name")}"`)],
        ],
      },
      {
        title: "Shared files",
        steps:
          shared === undefined
            ? ["This environment has none: `nfs` in its configuration makes them."]
            : [
                [
                  `They are mounted at \`${shared}\`. When they are not, in the session:`,
                  shell("sudo opsdx-controller mount"),
                ],
              ],
      },
      {
        title: "Upgrade",
        steps: [
          "A tool: its version in config/controller-tools.ts, which a test holds to what the program itself pins.",
          ["Then its checksum, and the controller is replaced:", opsdx("controller lock"), deploy],
          [
            "The image, the newest of Amazon Linux 2023 at that moment. Patches come by themselves, weekly:",
            replaceIt(environment),
          ],
        ],
      },
      {
        title: "Go back, restore, and what its loss means",
        steps: [
          "Deploy the commit before: the controller is replaced by one of that commit. There is nothing to restore: it keeps nothing.",
          "Without it nothing stops. `opsdx open` leads through a node, and whoever has a way into the VPC works from their own machine.",
          [
            "See what the machine is:",
            aws(
              `ec2 describe-instances --instance-ids ${output(aws(`autoscaling describe-auto-scaling-groups --auto-scaling-group-names ${group} --query 'AutoScalingGroups[0].Instances[0].InstanceId' --output text`))} --query 'Reservations[].Instances[].[InstanceId,ImageId,LaunchTime,PrivateIpAddress]' --output table`,
            ),
          ],
        ],
      },
    ],
  };
}
