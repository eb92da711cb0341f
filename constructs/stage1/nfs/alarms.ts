import type { NfsConfig } from "../../../config/schema/nfs";
import type { Construct } from "../../shared/cdktf";
import { Alarm } from "../../shared/observability/alarm";
import { shell } from "../../shared/observability/command";
import type { Monitoring } from "../../shared/observability/monitoring";
import { nfsCommands } from "./commands";

/** Properties of {@link nfsAlarms}. */
export interface NfsAlarmsProps {
  /** What the stack's alarms share. */
  readonly monitoring: Monitoring;
  /** Id of the file system. */
  readonly fileSystemId: string;
  /** When a change of its size opens a ticket. */
  readonly growth: NfsConfig["growth"];
}

const DAY_SECONDS = 24 * 3600;
const GIB = 1024 ** 3;

/**
 * The alarms on the shared file system itself: the one that AWS recommends for elastic throughput, which has no burst credits, and one
 * on its size.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#EFS
 * @see https://docs.aws.amazon.com/efs/latest/ug/efs-metrics.html
 */
export function nfsAlarms(scope: Construct, { fileSystemId, growth, monitoring }: NfsAlarmsProps): readonly Alarm[] {
  const { state } = nfsCommands(monitoring.environment);
  const dimensions = { FileSystemId: fileSystemId };
  const size = (id: string, stat: "Maximum" | "Minimum") => ({
    id,
    metric: {
      namespace: "AWS/EFS",
      metricName: "StorageBytes",
      dimensions: { ...dimensions, StorageClass: "Total" },
      period: DAY_SECONDS,
      stat,
    },
  });
  const largest = shell("sudo du -xh --max-depth=2 /mnt/opsdx* | sort -rh | head -20");
  return [
    new Alarm(scope, "IoLimit", {
      monitoring,
      name: "nfs-io-limit",
      intent:
        "The shared file system does as many operations as it can, and has done so for a quarter of an hour: whoever reads or writes it waits.",
      severity: "ticket",
      steps: [
        [
          "How much is asked of it, and is it many small operations?",
          state,
          "CloudWatch > Metrics > EFS > MetadataIOBytes, DataReadIOBytes, DataWriteIOBytes.",
        ],
        "Who mounts it: the procedure `Who mounts it`. A task that lists or opens many small files is the usual cause: let it pack them, or work on a copy on its own disk.",
      ],
      metric: { namespace: "AWS/EFS", name: "PercentIOLimit", dimensions, statistic: "Average" },
      comparison: ">=",
      threshold: 100,
      periodSeconds: 60,
      periods: 15,
      missingData: "missing",
    }),
    new Alarm(scope, "Size", {
      monitoring,
      name: "nfs-size-jumped",
      intent: `The shared file system grew, or lost, more than ${growth.percentPerDay} % within a day: something writes without an end, or deletes what others need. Each GiB is paid for, and nothing stops it.`,
      severity: "ticket",
      steps: [
        [
          "How large is it now?",
          state,
          "CloudWatch > Metrics > EFS > StorageBytes shows when it began, and which way.",
        ],
        ["What is large? On a controller, with the folders mounted (procedure `Mount it on a controller`):", largest],
        "It lost files: the procedure `Restore files`, before the backups of these days expire.",
        "It grows on purpose: nothing to do; the alarm ends a day after it stops. Where the number is always too low, `nfs.growth` of the configuration is another.",
      ],
      metric: [
        {
          id: "change",
          expression: `IF(high > ${growth.fromGib * GIB}, 100 * (high - low) / low, 0)`,
          label: "percent within a day",
          returnData: true,
        },
        size("high", "Maximum"),
        size("low", "Minimum"),
      ],
      comparison: ">",
      threshold: growth.percentPerDay,
      thresholdSetting: "nfs.growth.percentPerDay",
      periodSeconds: DAY_SECONDS,
      periods: 1,
      missingData: "missing",
    }),
  ];
}
