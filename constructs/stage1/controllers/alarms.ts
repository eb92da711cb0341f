import type { CloudwatchMetricAlarmMetricQuery } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { stackName } from "../../../config/names";
import type { Construct } from "../../shared/cdktf";
import { Alarm, type AlarmMetric, type AlarmProps } from "../../shared/observability/alarm";
import { cdktf, opsdx, shell } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import { connect, installerLog, look, replaceIt } from "./facts";
import { AGENT_METRICS, AGENT_NAMESPACE } from "./user-data";

/** Names of the metrics of the installer's events. */
export const INSTALL_METRICS = { started: "InstallsStarted", refused: "InstallsRefused" } as const;

/** Properties of {@link controllerAlarms}. */
export interface ControllerAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Name of the auto scaling group. */
  readonly group: string;
}

/** The alarms on the controllers. A group that was stopped on purpose is silent. */
export function controllerAlarms(scope: Construct, { group, monitoring }: ControllerAlarmsProps): readonly Alarm[] {
  const { environment } = monitoring;
  const dimensions = { AutoScalingGroupName: group };
  const own = (name: string): AlarmMetric => ({ namespace: AGENT_NAMESPACE, name, statistic: "Sum" });
  const query = (
    id: string,
    namespace: string,
    metricName: string,
    stat: string,
  ): CloudwatchMetricAlarmMetricQuery => ({
    id,
    metric: { namespace, metricName, dimensions, period: 300, stat },
  });
  const wanted = query("wanted", "AWS/AutoScaling", "GroupDesiredCapacity", "Maximum");
  const alarm = (id: string, props: Omit<AlarmProps, "monitoring" | "severity">): Alarm =>
    new Alarm(scope, id, { monitoring, severity: "ticket", ...props });
  return [
    alarm("StatusCheck", {
      name: "controller-status-check",
      intent: "A controller fails EC2's own checks: people may not reach it.",
      steps: [
        ["See it:", look(environment)],
        ["Its group starts another in its place:", replaceIt(environment)],
      ],
      metric: { namespace: "AWS/EC2", name: "StatusCheckFailed", dimensions, statistic: "Maximum" },
      comparison: ">=",
      threshold: 1,
      periodSeconds: 300,
      periods: 2,
      missingData: "notBreaching",
    }),
    alarm("Cpu", {
      name: "controller-cpu-high",
      intent: "A controller has been busy for a quarter of an hour: whoever works on it waits.",
      steps: [
        ["Who?", connect(environment), shell("top -b -n 1 | head -20")],
        [
          "It is work that must be: a larger `controllers.instanceType`, then:",
          cdktf("deploy", stackName(environment, "stage1")),
        ],
      ],
      metric: { namespace: "AWS/EC2", name: "CPUUtilization", dimensions, statistic: "Average" },
      comparison: ">",
      threshold: 80,
      periodSeconds: 300,
      periods: 3,
      missingData: "notBreaching",
    }),
    alarm("Disk", {
      name: "controller-disk-full",
      intent:
        "The disk of a controller is nearly full. Files that people left on it are the usual reason: they may be PHI.",
      steps: [
        ["What fills it?", connect(environment), shell("sudo du -xh --max-depth=3 / | sort -rh | head -20")],
        ["Delete what nobody needs. Nothing on it is kept: a new one begins empty.", replaceIt(environment)],
      ],
      metric: { namespace: AGENT_NAMESPACE, name: AGENT_METRICS.disk, dimensions, statistic: "Maximum" },
      comparison: ">",
      threshold: 85,
      periodSeconds: 300,
      periods: 3,
      missingData: "notBreaching",
    }),
    alarm("Missing", {
      name: "controller-missing",
      intent:
        "A controller is wanted and none has been in service for a quarter of an hour: nothing leads into the VPC but the nodes.",
      steps: [
        ["Why was none started?", look(environment), opsdx(`controller status ${environment}`)],
        "Out of capacity: another `controllers.instanceType`. An image or a right that is gone: deploy stage1.",
      ],
      metric: [
        wanted,
        query("there", "AWS/AutoScaling", "GroupInServiceInstances", "Minimum"),
        {
          id: "missing",
          expression: "IF(wanted > FILL(there, 0), 1, 0)",
          label: "A controller is missing",
          returnData: true,
        },
      ],
      comparison: ">=",
      threshold: 1,
      periodSeconds: 300,
      periods: 3,
      missingData: "notBreaching",
    }),
    alarm("AgentSilent", {
      name: "controller-agent-silent",
      intent: "A controller runs, and the agent that lets people in has not been seen for a quarter of an hour.",
      steps: [
        ["Does Session Manager reach it?", opsdx(`controller status ${environment}`)],
        ["What did its installer say?", installerLog(environment)],
        ["Its group starts another in its place:", replaceIt(environment)],
      ],
      metric: [
        query("running", "AWS/AutoScaling", "GroupInServiceInstances", "Minimum"),
        query("agents", AGENT_NAMESPACE, AGENT_METRICS.sessions, "Minimum"),
        {
          id: "silent",
          expression: "IF(running > 0 AND FILL(agents, 0) < 1, 1, 0)",
          label: "A controller is silent",
          returnData: true,
        },
      ],
      comparison: ">=",
      threshold: 1,
      periodSeconds: 300,
      periods: 3,
      missingData: "notBreaching",
    }),
    alarm("Replaced", {
      name: "controller-replaced",
      intent:
        "More than three controllers were started within a day: each one throws out who worked on the one before.",
      steps: [
        ["When, and why?", look(environment)],
        ["What did they say?", installerLog(environment, "1d ago")],
      ],
      metric: own(INSTALL_METRICS.started),
      comparison: ">",
      threshold: 3,
      periodSeconds: 86_400,
      periods: 1,
      missingData: "notBreaching",
    }),
    alarm("Refused", {
      name: "controller-install-refused",
      intent:
        "A controller lacks a tool, a mount or its contexts: what was downloaded was another file than the one that was locked, or could not be had.",
      steps: [
        ["Which?", installerLog(environment, "1d ago")],
        "Its publisher has put another file under a version: trust neither until you know why. Was it built again, or is it somebody else's?",
        [
          "Look the checksums up again, where they are reached, and read the difference before you commit it:",
          opsdx("controller lock"),
        ],
        ["Then:", cdktf("deploy", stackName(environment, "stage1"))],
      ],
      metric: own(INSTALL_METRICS.refused),
      comparison: ">=",
      threshold: 1,
      periodSeconds: 300,
      periods: 1,
      missingData: "notBreaching",
    }),
  ];
}
