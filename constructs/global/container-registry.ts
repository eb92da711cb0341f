import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository";
import { EcrRepositoryPolicy } from "@cdktf/provider-aws/lib/ecr-repository-policy";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { MAIN_BRANCH, type GithubRepository } from "../../config/github";
import { CI_PUSH_ROLE, concoursePushRole, GLOBAL, KEEP_TAGS, roleArn, stackName } from "../../config/names";
import { Construct } from "../shared/cdktf";
import { EncryptionKey } from "../shared/encryption/encryption-key";
import { policyDocument, type PolicyStatement } from "../shared/iam/policy-document";
import { aws, cdktf, opsdx, pipe, shell } from "../shared/observability/command";
import type { Monitoring } from "../shared/observability/monitoring";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem, type SystemFacts } from "../shared/observability/system";
import { accountRoot, ENV, type EnvironmentAccount } from "./environment-account";
import { githubTrust } from "./github-trust";

/** Properties of {@link ContainerRegistry}. */
export interface ContainerRegistryProps {
  /** Repository names. */
  readonly repositories: readonly string[];
  /** Account that owns the registry. */
  readonly account: { readonly id: string; readonly region: string };
  /** Environments whose clusters pull from it. */
  readonly environments: readonly EnvironmentAccount[];
  /** GitHub repository whose main branch builds the images. */
  readonly githubRepository: GithubRepository;
  /** ARN of the account's identity provider for GitHub. */
  readonly githubProviderArn: string;
  /** The environment whose Concourse builds the images: its role is the only one that pushes. @default - the main branch's workflow */
  readonly pusher?: Pick<EnvironmentAccount, "accountId" | "name">;
  /** What the stack's alarms share: scan findings go to its ticket topic. */
  readonly monitoring: Monitoring;
  /** Who answers for the registry. */
  readonly owner: string;
}

/** Images kept per repository, beside those that an environment pins. */
const KEPT_IMAGES = 30;
/** More than a repository holds by default: 20 000 images, which a quota can raise to more than this. */
const NEVER = 999_999;
/** Days that an image without a tag is kept: the push that replaced it may be rolled back. */
const UNTAGGED_DAYS = 7;

/**
 * The images that run on the clusters. A tag never moves, every push is scanned, and critical findings open a ticket.
 * Environments pull, and one role pushes: Concourse's of the environment that has it, or `opsdx-ci-push` of the main branch's workflow.
 */
export class ContainerRegistry extends Construct {
  /** Address of each repository, by name. */
  public readonly urls: Readonly<Record<string, string>>;
  /** ARN of each repository, by name. */
  public readonly arns: Readonly<Record<string, string>>;

  public constructor(scope: Construct, id: string, props: ContainerRegistryProps) {
    super(scope, id);
    const { account, environments } = props;
    describeSystem(this, systemFacts(props));
    const keyArn = new EncryptionKey(this, "Key", {
      alias: "opsdx-container-images",
      description: "Container images",
      accountId: account.id,
    }).arn;
    const pusher = props.pusher === undefined ? this.mainBranch(props) : concourse(props.pusher);

    const repositories = props.repositories.map((name) => {
      const repository = new EcrRepository(this, `Repository-${name}`, {
        name,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfiguration: [{ encryptionType: "KMS", kmsKey: keyArn }],
      });
      new EcrLifecyclePolicy(this, `Lifecycle-${name}`, { repository: repository.name, policy: lifecyclePolicy() });
      new EcrRepositoryPolicy(this, `Access-${name}`, {
        repository: repository.name,
        policy: policyDocument(
          {
            ...pusher,
            actions: [
              "ecr:BatchCheckLayerAvailability",
              "ecr:BatchGetImage",
              "ecr:CompleteLayerUpload",
              "ecr:DescribeImages",
              "ecr:InitiateLayerUpload",
              "ecr:PutImage",
              "ecr:UploadLayerPart",
            ],
          },
          ...(environments.length === 0
            ? []
            : [
                {
                  sid: "EnvironmentsPull",
                  actions: [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:DescribeImages",
                    "ecr:DescribeImageScanFindings",
                    "ecr:GetDownloadUrlForLayer",
                  ],
                  principals: { AWS: environments.map(({ accountId }) => accountRoot(accountId)) },
                },
              ]),
        ),
      });
      return [name, repository] as const;
    });
    this.urls = Object.fromEntries(repositories.map(([name, { repositoryUrl }]) => [name, repositoryUrl]));
    this.arns = Object.fromEntries(repositories.map(([name, { arn }]) => [name, arn]));
    this.reportFindings(props);
  }

  private mainBranch(props: ContainerRegistryProps): Pusher {
    const role = new IamRole(this, "PushRole", {
      name: CI_PUSH_ROLE,
      description: "Pushes container images: workflows of the main branch",
      assumeRolePolicy: githubTrust({
        providerArn: props.githubProviderArn,
        repository: props.githubRepository,
        runs: [{ context: `ref:${MAIN_BRANCH}`, workflow: "images" }],
      }),
    });
    const policy = new IamPolicy(this, "PushPolicy", {
      name: CI_PUSH_ROLE,
      description: "Sign in to the registry; the repositories' own policies say what may be pushed",
      policy: policyDocument({ sid: "SignIn", actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }),
    });
    new IamRolePolicyAttachment(this, "PushPermission", { role: role.name, policyArn: policy.arn });
    return { sid: "MainBranchPushes", principals: { AWS: role.arn } };
  }

  private reportFindings({ monitoring, repositories }: ContainerRegistryProps): void {
    const rule = new CloudwatchEventRule(this, "ScanFindings", {
      name: `${monitoring.namePrefix}-image-scan-findings`,
      description: "A pushed image has critical findings",
      eventPattern: JSON.stringify({
        source: ["aws.ecr"],
        "detail-type": ["ECR Image Scan"],
        detail: {
          "repository-name": repositories,
          "scan-status": ["COMPLETE"],
          "finding-severity-counts": { CRITICAL: [{ numeric: [">", 0] }] },
        },
      }),
    });
    new CloudwatchEventTarget(this, "ScanFindingsToTicket", {
      rule: rule.name,
      targetId: "ticket",
      arn: monitoring.topics.ticket,
    });
  }
}

type Pusher = Pick<PolicyStatement, "conditions" | "principals" | "sid">;

/** ECR takes no policy that names a role which is not there, and the role comes with stage3, long after the registry: a condition may name it. */
function concourse({ accountId, name }: Pick<EnvironmentAccount, "accountId" | "name">): Pusher {
  return {
    sid: "ConcoursePushes",
    principals: { AWS: accountRoot(accountId) },
    conditions: { ArnEquals: { "aws:PrincipalArn": roleArn(accountId, concoursePushRole(name)) } },
  };
}

/**
 * An image that a rule selects is expired by that rule or by none, and the first rule never does: so it keeps them.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html (how a lifecycle policy works)
 */
export function lifecyclePolicy(): string {
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: "What an environment pins stays: what this rule looks at, the later ones leave alone",
        selection: {
          tagStatus: "tagged",
          tagPrefixList: [KEEP_TAGS],
          countType: "imageCountMoreThan",
          countNumber: NEVER,
        },
        action: { type: "expire" },
      },
      {
        rulePriority: 2,
        description: `Untagged images go after ${UNTAGGED_DAYS} days`,
        selection: {
          tagStatus: "untagged",
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: UNTAGGED_DAYS,
        },
        action: { type: "expire" },
      },
      {
        rulePriority: 3,
        description: `The newest ${KEPT_IMAGES} images stay`,
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: KEPT_IMAGES },
        action: { type: "expire" },
      },
    ],
  });
}

function systemFacts({ account, owner, repositories }: ContainerRegistryProps): SystemFacts {
  const registry = `${account.id}.dkr.ecr.${account.region}.amazonaws.com`;
  const repository = placeholder("name");
  const tag = placeholder("version");
  const config = `config/environments/${ENV}.ts`;
  const deploy = cdktf("deploy", stackName(ENV, "stage3"));
  const keep = opsdx(`images keep ${ENV}`);
  return {
    name: "container-registry",
    title: "Container registry",
    owner,
    purpose: `The images of ${repositories.join(" and ")}, scanned on push and never changed after it.`,
    launch: [["A new repository is a line in config/global.ts, containerRepositories:", cdktf("deploy", GLOBAL)]],
    stop: ["It is never stopped: nodes pull from it whenever a pod moves."],
    status: [
      ["What an environment pins: is it there, and kept?", opsdx(`images check ${ENV}`)],
      ...repositories.map((name) =>
        aws(
          `ecr describe-images --repository-name ${name} --registry-id ${account.id} --query 'reverse(sort_by(imageDetails,&imagePushedAt))[:5].[imageTags[0],imagePushedAt,imageScanFindingsSummary.findingSeverityCounts]' --output table`,
        ),
      ),
    ],
    logs: ["CloudTrail > eventSource ecr.amazonaws.com: PutImage, BatchGetImage"],
    metrics: ["CloudWatch > AWS/ECR > RepositoryPullCount, RepositoryName"],
    procedures: [
      {
        title: "Push an image by hand",
        steps: [
          pipe(
            aws(`ecr get-login-password --region ${account.region}`),
            `docker login --username AWS --password-stdin ${registry}`,
          ),
          [
            "A tag that exists is refused, take a new one:",
            shell(
              `docker build --platform linux/amd64 -t ${registry}/${repository}:${tag} . && docker push ${registry}/${repository}:${tag}`,
            ),
          ],
          [
            `Put the digest that the push prints into ${config}, \`${repository}@sha256:…\`: \`config check\` takes no tag. Then, before the deploy, keep it from expiring:`,
            keep,
            deploy,
          ],
        ],
      },
      {
        title: "An image has critical findings",
        steps: [
          aws(
            `ecr describe-image-scan-findings --repository-name ${repository} --image-id imageTag=${tag} --query "imageScanFindings.findings[?severity=='CRITICAL'].[name,attributes[?key=='package_name'].value|[0],uri]" --output table`,
          ),
          "Rebuild on a newer base image; push it under a new tag and deploy it. Nothing is blocked meanwhile: judge whether the package is reachable.",
        ],
      },
      {
        title: "Go back to the image before",
        steps: [
          ["The former digest:", shell(`git log -p ${config}`)],
          [
            `Put it back there. Whatever was kept for an environment is there still, beside the newest ${KEPT_IMAGES} images of a repository.`,
            keep,
            deploy,
          ],
        ],
      },
      {
        title: "Let an image go that no environment runs any more",
        steps: [
          "Kept images stay until somebody removes them. Not those of the last months: they are the way back.",
          [
            "Read the digests that are pinned:",
            shell("grep -rn sha256: config/environments"),
            "Any other goes with all of its tags:",
            aws(
              `ecr batch-delete-image --repository-name ${repository} --image-ids imageDigest=${placeholder("image digest")}`,
            ),
          ],
        ],
      },
    ],
  };
}
