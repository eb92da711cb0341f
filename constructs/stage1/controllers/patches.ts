import { SsmMaintenanceWindow } from "@cdktf/provider-aws/lib/ssm-maintenance-window";
import { SsmMaintenanceWindowTarget } from "@cdktf/provider-aws/lib/ssm-maintenance-window-target";
import { SsmMaintenanceWindowTask } from "@cdktf/provider-aws/lib/ssm-maintenance-window-task";
import { SsmPatchBaseline } from "@cdktf/provider-aws/lib/ssm-patch-baseline";
import { SsmPatchGroup } from "@cdktf/provider-aws/lib/ssm-patch-group";
import { parseWindow } from "../../../config/schema/time";
import { Construct } from "../../shared/cdktf";

/** Properties of {@link ControllerPatches}. */
export interface ControllerPatchesProps {
  /** Name of the instances and of their group, which is their patch group, too. */
  readonly group: string;
  /** When: UTC, `ddd:hh:mm-ddd:hh:mm`, whole hours. */
  readonly window: string;
}

/** Days that a patch is out before it is put in. */
const APPROVE_AFTER_DAYS = 7;

/**
 * Puts patches in once a week: those of security and bugs, a week after they are out. The machine restarts where one needs it.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-predefined-and-custom-patch-baselines.html
 */
export class ControllerPatches extends Construct {
  public constructor(scope: Construct, id: string, { group, window }: ControllerPatchesProps) {
    super(scope, id);
    const filters = (classification: string) => [
      { key: "PRODUCT", values: ["*"] },
      { key: "CLASSIFICATION", values: [classification] },
    ];
    const baseline = new SsmPatchBaseline(this, "Baseline", {
      name: group,
      description: `Patches of ${group}`,
      operatingSystem: "AMAZON_LINUX_2023",
      approvedPatchesComplianceLevel: "HIGH",
      approvalRule: ["Security", "Bugfix"].map((classification) => ({
        approveAfterDays: APPROVE_AFTER_DAYS,
        complianceLevel: classification === "Security" ? "CRITICAL" : "MEDIUM",
        patchFilter: filters(classification),
      })),
    });
    new SsmPatchGroup(this, "Group", { baselineId: baseline.id, patchGroup: group });
    const { cron, hours } = systemsManagerWindow(window);
    const maintenance = new SsmMaintenanceWindow(this, "Window", {
      name: `${group}-patches`,
      description: `Patches of ${group}, outside of the load window`,
      schedule: cron,
      scheduleTimezone: "UTC",
      duration: hours,
      cutoff: 0,
      allowUnassociatedTargets: false,
    });
    const target = new SsmMaintenanceWindowTarget(this, "Target", {
      windowId: maintenance.id,
      name: group,
      resourceType: "INSTANCE",
      targets: [{ key: "tag:Name", values: [group] }],
    });
    new SsmMaintenanceWindowTask(this, "Task", {
      windowId: maintenance.id,
      name: "patch",
      taskType: "RUN_COMMAND",
      taskArn: "AWS-RunPatchBaseline",
      priority: 1,
      maxConcurrency: "1",
      maxErrors: "1",
      targets: [{ key: "WindowTargetIds", values: [target.id] }],
      taskInvocationParameters: {
        runCommandParameters: {
          timeoutSeconds: 3600,
          parameter: [
            { name: "Operation", values: ["Install"] },
            { name: "RebootOption", values: ["RebootIfNeeded"] },
          ],
        },
      },
    });
  }
}

/**
 * A weekly window as Systems Manager is told of it.
 * @param window - `ddd:hh:mm-ddd:hh:mm`
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
 */
export function systemsManagerWindow(window: string): { readonly cron: string; readonly hours: number } {
  const [day = "", hour = "", minute = ""] = (window.split("-")[0] ?? "").split(":");
  return {
    cron: `cron(${Number(minute)} ${Number(hour)} ? * ${day.toUpperCase()} *)`,
    hours: parseWindow(window).minutes / 60,
  };
}
