import {
  FisExperimentTemplate,
  type FisExperimentTemplateTarget,
} from "@cdktf/provider-aws/lib/fis-experiment-template";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { clusterFullName, namePrefix } from "../../../config/names";
import type { EnvironmentConfig } from "../../../config/schema/environment";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { policyDocument, serviceTrust, type PolicyStatement } from "../../shared/iam/policy-document";
import { refuse } from "../../shared/props-error";
import type { Drill, Experiment, FisAction, FisTarget } from "./drill";
import { experimentName } from "./names";

/** Properties of {@link Experiments}. */
export interface ExperimentsProps {
  /** The environment. */
  readonly environment: EnvironmentConfig;
  /** The drills that AWS does something for. */
  readonly drills: readonly (Drill & { readonly injection: Experiment })[];
  /** Ids of the subnets of nodes, by zone. */
  readonly nodeSubnetIds: Readonly<Record<string, string>>;
}

/** By the kind of a target: what FIS calls it, and how many of those that are found it takes. */
const TYPES: Readonly<Record<FisTarget["kind"], string>> = {
  instances: "aws:ec2:instance",
  group: "aws:ec2:autoscaling-group",
  zone: "aws:ec2:subnet",
  database: "aws:rds:db",
};

/**
 * Experiment templates of AWS Fault Injection Service, one for each drill, which AWS ends by itself when an alarm of its stop condition
 * fires; and one role, with which it does no more than they say.
 * @see https://docs.aws.amazon.com/fis/latest/userguide/stop-conditions.html
 */
export class Experiments extends Construct {
  /** @throws PropsError when a zone has no subnet of nodes */
  public constructor(scope: Construct, id: string, { drills, environment, nodeSubnetIds }: ExperimentsProps) {
    super(scope, id);
    const { account, name } = environment;
    const arn = (service: string, resource: string): string =>
      `arn:aws:${service}:${account.region}:${account.id}:${resource}`;
    const actions = drills.flatMap(({ injection }) => Object.values(injection.actions));
    refuse(
      this,
      actions.map(
        ({ target }) =>
          target.kind === "zone" &&
          nodeSubnetIds[target.zone] === undefined &&
          `drills must name zones of the network (${Object.keys(nodeSubnetIds).join(", ")}), got "${target.zone}"`,
      ),
    );
    const resources = (target: FisTarget): Pick<FisExperimentTemplateTarget, "resourceArns" | "resourceTag"> => {
      switch (target.kind) {
        case "zone":
          return { resourceArns: [arn("ec2", `subnet/${nodeSubnetIds[target.zone] ?? ""}`)] };
        case "database":
          return { resourceArns: [arn("rds", `db:${target.identifier}`)] };
        default:
          return { resourceTag: Object.entries(tagsOf(environment, target)).map(([key, value]) => ({ key, value })) };
      }
    };
    const roleName = `${namePrefix(name)}-drills`;
    const role = new IamRole(this, "Role", {
      name: roleName,
      description: "AWS Fault Injection Service, for fire drills",
      assumeRolePolicy: serviceTrust("fis.amazonaws.com", account.id),
    });
    const policy = new IamPolicy(this, "Policy", {
      name: roleName,
      description: "What the experiments of the drills do, and nothing else",
      policy: policyDocument(...statements(environment, actions, arn)),
    });
    const attachment = new IamRolePolicyAttachment(this, "Attachment", { role: role.name, policyArn: policy.arn });
    for (const { injection, name: drill, stop, title } of drills) {
      new FisExperimentTemplate(this, constructId(drill), {
        description: title,
        roleArn: role.arn,
        tags: { Name: experimentName(name, drill) },
        stopCondition: stop.map((alarm) => ({
          source: "aws:cloudwatch:alarm",
          value: arn("cloudwatch", `alarm:${namePrefix(name)}-${alarm}`),
        })),
        target: Object.entries(injection.actions).map(([key, { target }]) => ({
          name: key,
          resourceType: TYPES[target.kind],
          selectionMode: "ALL",
          ...resources(target),
        })),
        action: Object.entries(injection.actions).map(([key, { action, parameters = {}, targetKey }]) => ({
          name: key,
          actionId: action,
          target: { key: targetKey, value: key },
          parameter: Object.entries({ ...parameters, ...zonesOf(environment, action) }).map(([at, value]) => ({
            key: at,
            value,
          })),
        })),
        // Nothing found would be a drill that nobody had.
        experimentOptions: { accountTargeting: "single-account", emptyTargetResolutionMode: "fail" },
        dependsOn: [attachment],
      });
    }
  }
}

/** kops' tags of the instances and of the auto scaling group of an instance group. */
function tagsOf(
  environment: EnvironmentConfig,
  { cluster, group }: Extract<FisTarget, { readonly group: string }>,
): Record<string, string> {
  return { KubernetesCluster: clusterFullName(environment, cluster), "kops.k8s.io/instancegroup": group };
}

/** Where AWS has no capacity: in every zone. */
function zonesOf({ network }: EnvironmentConfig, action: string): Record<string, string> {
  return action === "aws:ec2:asg-insufficient-instance-capacity-error"
    ? { availabilityZoneIdentifiers: Object.keys(network.zones).join(",") }
    : {};
}

/** @see https://docs.aws.amazon.com/fis/latest/userguide/fis-actions-reference.html */
function statements(
  environment: EnvironmentConfig,
  actions: readonly FisAction[],
  arn: (service: string, resource: string) => string,
): readonly PolicyStatement[] {
  const has = (action: string): boolean => actions.some((each) => each.action === action);
  const clusters = [...new Set(actions.flatMap(({ target }) => ("cluster" in target ? [target.cluster] : [])))];
  const databases = actions.flatMap(({ target }) => (target.kind === "database" ? [target.identifier] : []));
  const managed = { managedByFIS: "true" };
  return [
    {
      sid: "Looks",
      actions: [
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeInstances",
        "ec2:DescribeManagedPrefixLists",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "rds:DescribeDBInstances",
        "tag:GetResources",
      ],
      resources: ["*"],
    },
    ...(has("aws:ec2:terminate-instances")
      ? [
          {
            sid: "Instances",
            actions: ["ec2:TerminateInstances"],
            resources: [arn("ec2", "instance/*")],
            conditions: {
              StringEquals: {
                "aws:ResourceTag/KubernetesCluster": clusters.map((cluster) => clusterFullName(environment, cluster)),
              },
            },
          },
        ]
      : []),
    ...(has("aws:ec2:asg-insufficient-instance-capacity-error")
      ? [
          {
            sid: "NoCapacity",
            actions: ["ec2:InjectApiError"],
            resources: ["*"],
            conditions: {
              "ForAllValues:StringEquals": {
                "ec2:FisActionId": "aws:ec2:asg-insufficient-instance-capacity-error",
              },
            },
          },
        ]
      : []),
    ...(has("aws:network:disrupt-connectivity")
      ? [
          {
            sid: "MakesAcls",
            actions: ["ec2:CreateNetworkAcl"],
            resources: [arn("ec2", "network-acl/*")],
            conditions: { StringEquals: prefixed("aws:RequestTag", managed) },
          },
          { sid: "MakesAclsInVpc", actions: ["ec2:CreateNetworkAcl"], resources: [arn("ec2", "vpc/*")] },
          {
            sid: "TagsAcls",
            actions: ["ec2:CreateTags"],
            resources: [arn("ec2", "network-acl/*")],
            conditions: {
              StringEquals: { "ec2:CreateAction": "CreateNetworkAcl", ...prefixed("aws:RequestTag", managed) },
            },
          },
          {
            sid: "OwnAcls",
            actions: ["ec2:CreateNetworkAclEntry", "ec2:DeleteNetworkAcl"],
            resources: [arn("ec2", "network-acl/*")],
            conditions: { StringEquals: prefixed("ec2:ResourceTag", managed) },
          },
          {
            sid: "SwapsAcls",
            actions: ["ec2:ReplaceNetworkAclAssociation"],
            resources: [arn("ec2", "subnet/*"), arn("ec2", "network-acl/*")],
          },
          {
            sid: "PrefixLists",
            actions: ["ec2:GetManagedPrefixListEntries"],
            resources: [`arn:aws:ec2:${environment.account.region}:*:prefix-list/*`],
          },
        ]
      : []),
    ...(databases.length > 0
      ? [
          {
            sid: "Reboots",
            actions: ["rds:RebootDBInstance"],
            resources: databases.map((identifier) => arn("rds", `db:${identifier}`)),
          },
        ]
      : []),
  ];
}

function prefixed(prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));
}
