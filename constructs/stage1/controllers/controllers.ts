import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template";
import { TOOL_LOCK, TOOL_LOCK_COMMAND, type SummedTool } from "../../../config/controller-tools";
import { accountBucket, controllerGroup, controllerRole, publishedFolder } from "../../../config/names";
import type { ControllersConfig } from "../../../config/schema/controllers";
import { Construct, Fn, TerraformLocal, type ITerraformDependable } from "../../shared/cdktf";
import { DATA_READS } from "../../shared/iam/data-reads";
import { policyDocument, serviceTrust } from "../../shared/iam/policy-document";
import { LogGroup } from "../../shared/observability/log-group";
import { MetricFilter } from "../../shared/observability/metric-filter";
import { writesMetrics } from "../../shared/observability/metric-sources";
import type { Monitoring } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { controllerAlarms, INSTALL_METRICS } from "./alarms";
import { controllersFacts, installerLogGroup } from "./facts";
import { ControllerPatches } from "./patches";
import { ControllerSessions } from "./sessions";
import { AGENT_METRICS, AGENT_NAMESPACE, SHARED_FOLDER, userData, type UserDataProps } from "./user-data";

/** The shared files, as a controller mounts them. */
export interface ControllerFiles {
  /** Id of the file system. */
  readonly fileSystemId: string;
  /** ARN of the file system. */
  readonly fileSystemArn: string;
  /** Id of the access point. */
  readonly accessPointId: string;
  /** ARN of the access point. */
  readonly accessPointArn: string;
  /** What must be there before they are mounted. */
  readonly ready: readonly ITerraformDependable[];
}

/** Properties of {@link Controllers}. */
export interface ControllersProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** Account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Their settings. */
  readonly config: ControllersConfig;
  /** Name of the environment's zone. */
  readonly zone: string;
  /** Short names of the clusters. */
  readonly clusters: readonly string[];
  /** Major version of the databases: psql is of the same. */
  readonly postgresMajor: string;
  /** Private subnets. */
  readonly subnetIds: readonly string[];
  /** Security group of role `controller`. */
  readonly securityGroupId: string;
  /** ARN of the key that encrypts volumes. */
  readonly volumeKeyArn: string;
  /** Name of the bucket that receives S3 access logs. */
  readonly accessLogBucket: string;
  /** The tools. Where one has no checksum, Terraform's plan fails, and names the command that looks them up. */
  readonly tools: readonly SummedTool[];
  /** The shared files. @default - there are none */
  readonly files?: ControllerFiles;
}

/**
 * The newest Amazon Linux 2023 for arm64, at the moment that an instance starts.
 * @see https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
 */
const IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";

/** What alarms read. */
const GROUP_METRICS = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupTotalInstances"];

/**
 * The machine on which people work inside the VPC: an auto scaling group of one, private, without a way in and without keys. People come
 * by Session Manager, which records them; the machine's role sees everything but data and secrets, and assumes no role: who may more
 * signs in there as who they are (docs/decisions/0043-people-sign-in-on-a-controller.md).
 */
export class Controllers extends Construct {
  public constructor(scope: Construct, id: string, props: ControllersProps) {
    super(scope, id);
    const { account, clusters, config, files, monitoring, tools, zone } = props;
    const { environment } = monitoring;
    const group = controllerGroup(environment);
    describeSystem(
      this,
      controllersFacts({
        environment,
        owner: config.owner,
        zone,
        cluster: clusters[0] ?? "",
        sessionBucket: accountBucket(monitoring.namePrefix, "controller-sessions", account.id),
        shared: files && SHARED_FOLDER,
      }),
    );
    const sessions = new ControllerSessions(this, "Sessions", props);
    const logGroup = this.events(monitoring);
    const profile = this.profile(props, sessions, logGroup);
    const template = new LaunchTemplate(this, "LaunchTemplate", {
      name: group,
      description: `Controllers of ${monitoring.namePrefix}`,
      imageId: IMAGE,
      instanceType: config.instanceType,
      iamInstanceProfile: { name: profile.name },
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: {
            deleteOnTermination: "true",
            encrypted: "true",
            kmsKeyId: props.volumeKeyArn,
            volumeSize: config.rootVolumeGib,
            volumeType: "gp3",
          },
        },
      ],
      metadataOptions: {
        httpEndpoint: "enabled",
        httpPutResponseHopLimit: 1,
        httpTokens: "required",
        // Patch Manager's tag has a space in its name, which tags in the metadata may not have.
        instanceMetadataTags: "disabled",
      },
      monitoring: { enabled: true },
      networkInterfaces: [
        { associatePublicIpAddress: "false", deleteOnTermination: "true", securityGroups: [props.securityGroupId] },
      ],
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags: { Name: group } })),
      userData: bootText({ ...props, environment, region: account.region, logGroup: logGroup.plainName }, files),
      lifecycle: { createBeforeDestroy: true, ...this.refusal(tools) },
    });
    new AutoscalingGroup(this, "Resource", {
      name: group,
      minSize: 0,
      maxSize: 1,
      desiredCapacity: 1,
      vpcZoneIdentifier: [...props.subnetIds],
      launchTemplate: { id: template.id, version: template.latestVersion.toString() },
      enabledMetrics: GROUP_METRICS,
      metricsGranularity: "1Minute",
      healthCheckType: "EC2",
      instanceRefresh: { strategy: "Rolling", preferences: { minHealthyPercentage: 0 } },
      tag: ["Name", "Patch Group"].map((key) => ({ key, value: group, propagateAtLaunch: true })),
      dependsOn: files && [...files.ready],
      // `opsdx controller stop` and `start` set it.
      lifecycle: { ignoreChanges: ["desired_capacity"] },
    });
    new ControllerPatches(this, "Patches", { group, window: config.maintenanceWindow });
    new SystemHealth(this, "Health", { monitoring, alarms: controllerAlarms(this, { monitoring, group }) });
  }

  /** The installer's events, and their numbers. */
  private events(monitoring: Monitoring): LogGroup {
    const logGroup = new LogGroup(this, "Events", { monitoring, name: installerLogGroup(monitoring.environment) });
    writesMetrics(this, AGENT_NAMESPACE, Object.values(AGENT_METRICS));
    const count = (id: string, name: string, pattern: string) =>
      new MetricFilter(this, id, { name, logGroup, pattern, metric: { namespace: AGENT_NAMESPACE, name } });
    count("InstallsStarted", INSTALL_METRICS.started, '{ $.event = "started" }');
    count("InstallsRefused", INSTALL_METRICS.refused, '{ ($.event = "refused") || ($.event = "failed") }');
    return logGroup;
  }

  private profile(
    { account, files, monitoring }: ControllersProps,
    sessions: ControllerSessions,
    logGroup: LogGroup,
  ): IamInstanceProfile {
    const name = controllerRole(monitoring.environment);
    const role = new IamRole(this, "Role", {
      name,
      description: "Controllers: see everything but data and secrets",
      assumeRolePolicy: serviceTrust("ec2.amazonaws.com", undefined),
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: "What a controller's agents write, and no way from looking to data",
      policy: policyDocument(
        ...sessions.statements,
        {
          sid: "InstallerEvents",
          actions: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
          resources: [`${logGroup.arn}:*`],
        },
        {
          sid: "Measures",
          actions: ["cloudwatch:PutMetricData"],
          resources: ["*"],
          conditions: { StringEquals: { "cloudwatch:namespace": AGENT_NAMESPACE } },
        },
        ...(files === undefined
          ? []
          : [
              {
                sid: "SharedFiles",
                actions: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                resources: [files.fileSystemArn],
                conditions: { StringEquals: { "elasticfilesystem:AccessPointArn": files.accessPointArn } },
              },
            ]),
        { sid: "NoData", effect: "Deny", actions: DATA_READS, resources: ["*"] },
        {
          sid: "NoObjects",
          effect: "Deny",
          actions: ["s3:GetObject", "s3:GetObjectVersion"],
          notResources: agentBuckets(account.region),
        },
        { sid: "NoSecrets", effect: "Deny", actions: ["kms:Decrypt"], notResources: [sessions.keyArn] },
        {
          sid: "NoParameters",
          effect: "Deny",
          actions: ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
          // What the stages publish: the clusters' certificates are among it.
          notResources: [
            `arn:aws:ssm:${account.region}:${account.id}:parameter${publishedFolder(monitoring.environment, "*")}*`,
          ],
        },
      ),
    });
    for (const [key, policyArn] of Object.entries({
      Own: policy.arn,
      ReadOnly: "arn:aws:iam::aws:policy/ReadOnlyAccess",
      SessionManager: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    })) {
      new IamRolePolicyAttachment(this, key, { role: role.name, policyArn });
    }
    return new IamInstanceProfile(this, "Profile", { name, role: role.name });
  }

  /** Makes Terraform's plan fail while a tool has no checksum. Terraform takes no condition that refers to nothing. */
  private refusal(tools: readonly SummedTool[]) {
    const missing = tools.filter(({ sha256 }) => sha256 === undefined).map(({ name }) => name);
    if (missing.length === 0) return {};
    const condition = new TerraformLocal(this, "HasChecksums", false).expression as string;
    const errorMessage = `${TOOL_LOCK} has no checksum of ${missing.join(", ")}: a controller would refuse them. Run: ${TOOL_LOCK_COMMAND}`;
    return { precondition: [{ condition, errorMessage }] };
  }
}

/** What an instance boots from, base64; Terraform fills in what the shared files are called, which nobody knows before. */
function bootText(props: Omit<UserDataProps, "nfs">, files: ControllerFiles | undefined): string {
  if (files === undefined) return Buffer.from(userData(props)).toString("base64");
  const [fileSystemId, accessPointId] = ["@file-system@", "@access-point@"];
  const text = Fn.rawString(userData({ ...props, nfs: { fileSystemId, accessPointId } }));
  return Fn.base64encode(
    Fn.replace(Fn.replace(text, fileSystemId, files.fileSystemId), accessPointId, files.accessPointId),
  );
}

/**
 * AWS's own buckets, from which the agent takes its documents and Patch Manager what it puts in.
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html#ssm-agent-minimum-s3-permissions
 */
function agentBuckets(region: string): readonly string[] {
  return [
    `amazon-ssm-${region}`,
    `amazon-ssm-packages-${region}`,
    `aws-patch-manager-${region}-*`,
    `aws-ssm-${region}`,
    `aws-ssm-distributor-file-${region}`,
    `aws-ssm-document-attachments-${region}`,
    `patch-baseline-snapshot-${region}`,
    `${region}-birdwatcher-prod`,
  ].map((bucket) => `arn:aws:s3:::${bucket}/*`);
}
