import { CodebuildProject } from "@cdktf/provider-aws/lib/codebuild-project";
import { CodebuildSourceCredential } from "@cdktf/provider-aws/lib/codebuild-source-credential";
import { CodebuildWebhook } from "@cdktf/provider-aws/lib/codebuild-webhook";
import { CodeconnectionsConnection } from "@cdktf/provider-aws/lib/codeconnections-connection";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { PLAN_CALLER_NAME } from "../../../config/github";
import { runnerConnection, runnerProject, runnerRole } from "../../../config/names";
import type { RunnersConfig } from "../../../config/schema/runners";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import { policyDocument, serviceTrust, type PolicyStatement } from "../../shared/iam/policy-document";
import { Alarm } from "../../shared/observability/alarm";
import { LogGroup } from "../../shared/observability/log-group";
import type { Monitoring } from "../../shared/observability/monitoring";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import { failedSteps, runnersFacts, waitingSteps } from "./facts";

/** Properties of {@link Runners}. */
export interface RunnersProps {
  /** What the stack's alarms and log groups share. */
  readonly monitoring: Monitoring;
  /** Account and region. */
  readonly account: { readonly id: string; readonly region: string };
  /** Their settings. */
  readonly config: RunnersConfig;
  /** The repository, `owner/name`. */
  readonly repository: string;
  /** The VPC. */
  readonly vpcId: string;
  /** Private subnets. */
  readonly subnetIds: readonly string[];
  /** Security group of role `runner`. */
  readonly securityGroupId: string;
}

/** What a runner is: GitHub's own have the same processor. @see https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html */
const IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0";

/** CodeBuild runs GitHub's runner in place of this: https://docs.aws.amazon.com/codebuild/latest/userguide/action-runner.html */
const NO_BUILDSPEC = JSON.stringify({ version: "0.2", phases: { build: { commands: ["exit 1"] } } });

/**
 * CI's runners in the VPC: a CodeBuild project whose builds are runners of GitHub Actions, each for one job, gone after it. A job signs in to AWS as
 * CI does anywhere, by its own token; the runner's role adds nothing to that. Its security group reaches the clusters' APIs, AWS and
 * HTTPS, no database, cache or file system (docs/decisions/0046-runners-inside-the-vpc.md).
 */
export class Runners extends Construct {
  public constructor(scope: Construct, id: string, props: RunnersProps) {
    super(scope, id);
    const { account, config, monitoring, repository } = props;
    const { environment } = monitoring;
    const name = runnerProject(environment, "plan");
    const available = config.connection === "available";
    describeSystem(this, runnersFacts({ environment, owner: config.owner, repository, available }));
    const connection = new CodeconnectionsConnection(this, "Connection", {
      name: runnerConnection(environment),
      providerType: "GitHub",
    });
    const logGroup = new LogGroup(this, "LogGroup", { monitoring, name: `/aws/codebuild/${name}` });
    const key = new EncryptionKey(this, "Key", {
      alias: name,
      description: `What the runners of ${monitoring.namePrefix} leave behind, which is nothing`,
      accountId: account.id,
    });
    const { attachment, role } = this.role(props, logGroup, connection.arn);
    const project = new CodebuildProject(this, "Resource", {
      name,
      description: `Runners of GitHub Actions for plans of ${environment}`,
      serviceRole: role.arn,
      encryptionKey: key.arn,
      buildTimeout: config.minutes,
      queuedTimeout: 60,
      concurrentBuildLimit: config.atATime,
      artifacts: { type: "NO_ARTIFACTS" },
      environment: {
        type: "LINUX_CONTAINER",
        computeType: "BUILD_GENERAL1_MEDIUM",
        image: IMAGE,
        imagePullCredentialsType: "CODEBUILD",
        privilegedMode: false,
      },
      source: {
        type: "GITHUB",
        location: `https://github.com/${repository}.git`,
        gitCloneDepth: 1,
        buildspec: NO_BUILDSPEC,
      },
      logsConfig: { cloudwatchLogs: { status: "ENABLED", groupName: logGroup.logGroupName } },
      vpcConfig: {
        vpcId: props.vpcId,
        subnets: [...props.subnetIds],
        securityGroupIds: [props.securityGroupId],
      },
      dependsOn: [attachment],
    });
    if (available) this.hearGithub(project, connection.arn);
    new SystemHealth(this, "Health", { monitoring, alarms: this.alarms(monitoring, name) });
  }

  /** Only after the handshake: GitHub refuses the webhook of a connection that is pending. */
  private hearGithub(project: CodebuildProject, connectionArn: string): void {
    const credential = new CodebuildSourceCredential(this, "Credential", {
      authType: "CODECONNECTIONS",
      serverType: "GITHUB",
      token: connectionArn,
    });
    new CodebuildWebhook(this, "Webhook", {
      projectName: project.name,
      buildType: "BUILD",
      filterGroup: [
        {
          filter: [
            { type: "EVENT", pattern: "WORKFLOW_JOB_QUEUED" },
            { type: "WORKFLOW_NAME", pattern: `^${PLAN_CALLER_NAME}$` },
          ],
        },
      ],
      dependsOn: [credential],
    });
  }

  private role(
    { account, monitoring, securityGroupId, subnetIds }: RunnersProps,
    logGroup: LogGroup,
    connectionArn: string,
  ): { readonly role: IamRole; readonly attachment: ITerraformDependable } {
    const name = runnerRole(monitoring.environment);
    const role = new IamRole(this, "Role", {
      name,
      description: "Runners of CI: stand in the VPC, and write their log",
      assumeRolePolicy: serviceTrust("codebuild.amazonaws.com", account.id),
    });
    const policy = new IamPolicy(this, "Policy", {
      name,
      description: `Log, network interfaces and the connection to GitHub of the runners of ${monitoring.namePrefix}`,
      policy: policyDocument(
        { sid: "Log", actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [`${logGroup.arn}:*`] },
        ...networkStatements(account, subnetIds, securityGroupId),
        // https://docs.aws.amazon.com/codebuild/latest/userguide/connections-github-app.html
        {
          sid: "Connection",
          actions: ["codeconnections:GetConnection", "codeconnections:GetConnectionToken"],
          resources: [connectionArn],
        },
      ),
    });
    const attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
    return { role, attachment };
  }

  private alarms(monitoring: Monitoring, project: string): readonly Alarm[] {
    const { environment } = monitoring;
    const dimensions = { ProjectName: project };
    return [
      new Alarm(this, "Failed", {
        monitoring,
        name: "runners-failed",
        intent: "Runners of CI fail to start or to stay: plans of pull requests wait for one.",
        severity: "ticket",
        steps: failedSteps(environment),
        metric: { namespace: "AWS/CodeBuild", name: "FailedBuilds", dimensions, statistic: "Sum" },
        comparison: ">=",
        threshold: 3,
        periodSeconds: 3600,
        periods: 1,
        missingData: "notBreaching",
      }),
      new Alarm(this, "Waiting", {
        monitoring,
        name: "runners-waiting",
        intent: "A job of CI waited more than ten minutes for a runner.",
        severity: "ticket",
        steps: waitingSteps(environment),
        // https://docs.aws.amazon.com/codebuild/latest/userguide/cloudwatch_metrics-codebuild.html
        metric: { namespace: "AWS/CodeBuild", name: "QueuedDuration", dimensions, statistic: "Maximum" },
        comparison: ">",
        threshold: 600,
        periodSeconds: 900,
        periods: 1,
        missingData: "notBreaching",
      }),
    ];
  }
}

/** @see https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html#customer-managed-policies-example-create-vpc-network-interface */
function networkStatements(
  { id, region }: RunnersProps["account"],
  subnetIds: readonly string[],
  securityGroupId: string,
): readonly PolicyStatement[] {
  const ec2 = (what: string): string => `arn:aws:ec2:${region}:${id}:${what}`;
  const subnets = subnetIds.map((subnet) => ec2(`subnet/${subnet}`));
  return [
    {
      // These know no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
      sid: "SeeTheNetwork",
      actions: [
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
      ],
      resources: ["*"],
    },
    {
      sid: "StandInTheNetwork",
      actions: ["ec2:CreateNetworkInterface"],
      resources: [...subnets, ec2(`security-group/${securityGroupId}`), ec2("network-interface/*")],
    },
    {
      sid: "LeaveTheNetwork",
      actions: ["ec2:DeleteNetworkInterface"],
      resources: [ec2("network-interface/*")],
      conditions: { ArnEquals: { "ec2:Subnet": subnets } },
    },
    {
      sid: "LendToCodeBuild",
      actions: ["ec2:CreateNetworkInterfacePermission"],
      resources: [ec2("network-interface/*")],
      conditions: {
        StringEquals: { "ec2:AuthorizedService": "codebuild.amazonaws.com" },
        ArnEquals: { "ec2:Subnet": subnets },
      },
    },
  ];
}
