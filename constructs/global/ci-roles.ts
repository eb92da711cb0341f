import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import {
  CI_WORKFLOWS,
  GITHUB_SUBJECT_CLAIMS,
  MAIN_BRANCH,
  PLAN_CALLER,
  type GithubRepository,
} from "../../config/github";
import {
  BOUNDARY_POLICY,
  CI_BOUNDARY_POLICY,
  CI_PLAN_ROLE,
  ciApplyRole,
  GLOBAL,
  stackName,
  STAGES,
} from "../../config/names";
import type { TerraformProvider } from "../shared/cdktf";
import { Construct } from "../shared/cdktf";
import { policyDocument, type PolicyStatement } from "../shared/iam/policy-document";
import { aws, cdktf, opsdx, shell } from "../shared/observability/command";
import { placeholder } from "../shared/observability/placeholders";
import { describeSystem } from "../shared/observability/system";
import { acknowledge } from "../shared/policy/acknowledge";
import { ciBoundary, workloadBoundary } from "./boundaries";
import {
  APPLY_ACCOUNT_ACTIONS,
  APPLY_ACTIONS,
  APPLY_IAM_ACTIONS,
  APPLY_SERVICE_ROLE_ACTIONS,
  APPLY_SERVICES,
  noDataStatements,
  workloadIdentities,
  type ReadableObjects,
} from "./ci-permissions";
import { ENV } from "./environment-account";
import { GITHUB_ISSUER, githubTrust } from "./github-trust";

/** Properties of {@link CiRoles}. */
export interface CiRolesProps {
  /** GitHub repository whose workflows assume the roles. */
  readonly repository: GithubRepository;
  /** Whether main has a merge queue, whose runs plan, too. */
  readonly mergeQueue: boolean;
  /** Account that the roles stand in. */
  readonly accountId: string;
  /** Region of the state bucket. */
  readonly region: string;
  /** Owner of the account's stacks: `global` or the environment; the first part of their state keys. */
  readonly stateOwner: string;
  /** Role by which the organization administers the account: the roles here may not touch it. */
  readonly memberAdminRole: string;
  /** Shared buckets that Terraform reads. */
  readonly readable: ReadableObjects;
  /** Keys of those buckets, the state's first. */
  readonly keyArns: readonly string[];
  /**
   * Make the role that applies, for jobs in the GitHub environment named like `stateOwner`. Leave it out in the account that
   * owns the roles themselves: a person applies there.
   * @default false
   */
  readonly apply?: boolean;
  /** Roles elsewhere that planning assumes: the plan roles of other accounts. @default - none */
  readonly planAssumes?: readonly string[];
  /** Roles elsewhere that applying assumes, such as the one that writes the delegation in the apex zone. @default - none */
  readonly applyAssumes?: readonly string[];
  /** Roles elsewhere that may assume this account's plan role. @default - none */
  readonly planAssumedBy?: readonly string[];
  /** Provider of the account. @default - the stack's */
  readonly provider?: TerraformProvider;
}

/** One hour is too short for a database that is modified; the token itself is made per job. */
const APPLY_SESSION_SECONDS = 7200;

/**
 * How GitHub Actions works in one account, without a stored key: its identity provider, `opsdx-ci-plan` (reads everything
 * but data, for pull requests and main) and `opsdx-ci-apply-<env>` (main only, and only jobs in the GitHub environment
 * `<env>`, where its reviewers stand). Both carry `opsdx-ci-boundary`: they change nothing described here, assume no role but those
 * named here, and make roles only with `opsdx-boundary`, which gives data only to what runs in the account.
 */
export class CiRoles extends Construct {
  /** ARN of GitHub's identity provider in this account. */
  public readonly githubProviderArn: string;
  /** ARN of the boundary of every role but those made here. */
  public readonly boundaryArn: string;
  /** ARN of the role that plans. */
  public readonly planRoleArn: string;

  private readonly boundary: IamPolicy;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: CiRolesProps,
  ) {
    super(scope, id);
    const { accountId, applyAssumes = [], memberAdminRole, planAssumes = [], provider, readable, repository } = props;
    this.githubProviderArn = new IamOpenidConnectProvider(this, "Github", {
      provider,
      url: `https://${GITHUB_ISSUER}`,
      clientIdList: ["sts.amazonaws.com"],
    }).arn;
    const bounded = {
      accountId,
      memberAdminRole,
      owner: props.stateOwner,
      oidcDiscoveryBucket: readable.oidcDiscoveryBucket,
    };
    this.boundaryArn = this.policy(
      "Boundary",
      BOUNDARY_POLICY,
      "The most that any role of this program can do",
      workloadBoundary(bounded),
    ).arn;
    this.boundary = this.policy(
      "CiBoundary",
      CI_BOUNDARY_POLICY,
      "The most that CI can do",
      ciBoundary(bounded, [...planAssumes, ...applyAssumes]),
    );
    const noData = this.policy("NoData", "opsdx-ci-no-data", "No way from CI to data", noDataStatements(readable));

    const plan = this.role("Plan", CI_PLAN_ROLE, {
      description: "Plans of pull requests and of main: reads everything but data",
      trust: githubTrust({
        providerArn: this.githubProviderArn,
        repository,
        runs: [
          { context: "pull_request", workflow: "plan" },
          ...(["plan", "drift"] as const).map((workflow) => ({ context: `ref:${MAIN_BRANCH}`, workflow })),
        ],
        inMergeQueue: props.mergeQueue ? "plan" : undefined,
        statements: this.planAssumers(),
      }),
      policies: {
        NoData: noData.arn,
        Own: this.policy("PlanPolicy", CI_PLAN_ROLE, "State and what ReadOnlyAccess leaves out", this.planStatements())
          .arn,
        ReadOnly: "arn:aws:iam::aws:policy/ReadOnlyAccess",
      },
    });
    this.planRoleArn = plan.arn;
    if (props.apply === true) this.applyRole(ciApplyRole(props.stateOwner), noData);
  }

  private applyRole(name: string, noData: IamPolicy): void {
    const { repository, stateOwner } = this.props;
    const policy = this.policy("ApplyPolicy", name, "What the stacks are made of", this.applyStatements());
    acknowledge(
      policy,
      "IAMPolicyNoStatementsWithFullAccess",
      "Terraform creates, changes and removes whole services. The list names each with its reason; the boundary, the trust in main and a reviewed GitHub environment, and the refusal of data reads bound it",
    );
    this.role("Apply", name, {
      description: `Applies reviewed plans: main only, in the GitHub environment ${stateOwner}`,
      trust: githubTrust({
        providerArn: this.githubProviderArn,
        repository,
        runs: [{ context: `environment:${stateOwner}`, workflow: "deploy" }],
        ref: MAIN_BRANCH,
      }),
      policies: { NoData: noData.arn, Own: policy.arn },
      maxSessionDuration: APPLY_SESSION_SECONDS,
    });
  }

  private planAssumers(): PolicyStatement[] {
    const { planAssumedBy = [] } = this.props;
    return planAssumedBy.length === 0
      ? []
      : [{ sid: "PlanRolesElsewhere", actions: ["sts:AssumeRole"], principals: { AWS: planAssumedBy } }];
  }

  private planStatements(): PolicyStatement[] {
    const { accountId, planAssumes = [], region } = this.props;
    return [
      ...this.stateStatements(),
      {
        // Terraform reads a function's environment with the function; no secret stands in one.
        sid: "FunctionEnvironments",
        actions: ["kms:Decrypt"],
        resources: [`arn:aws:kms:*:${accountId}:key/*`],
        conditions: { StringEquals: { "kms:ViaService": `lambda.${region}.amazonaws.com` } },
      },
      {
        // The AWS-managed keys let everyone in the account decrypt; code of a pull request must not.
        sid: "NoSecretParameters",
        effect: "Deny",
        actions: ["kms:Decrypt"],
        resources: ["*"],
        conditions: { StringLike: { "kms:ViaService": ["ssm.*.amazonaws.com", "secretsmanager.*.amazonaws.com"] } },
      },
      ...assumeStatements(planAssumes),
    ];
  }

  private applyStatements(): PolicyStatement[] {
    const { accountId, readable } = this.props;
    return [
      { sid: "Services", actions: Object.keys(APPLY_SERVICES).map((service) => `${service}:*`), resources: ["*"] },
      { sid: "SingleActions", actions: Object.keys(APPLY_ACTIONS), resources: ["*"] },
      {
        sid: "WorkloadRoles",
        actions: APPLY_IAM_ACTIONS,
        resources: workloadIdentities(accountId, readable.oidcDiscoveryBucket),
      },
      {
        sid: "ServiceRoles",
        actions: APPLY_SERVICE_ROLE_ACTIONS,
        resources: [`arn:aws:iam::${accountId}:role/aws-service-role/*`],
      },
      { sid: "Identities", actions: APPLY_ACCOUNT_ACTIONS, resources: ["*"] },
      ...assumeStatements(this.props.applyAssumes ?? []),
    ];
  }

  /**
   * Own state, the global outputs, and the keys, in the account that owns the bucket. Planning takes no lock and writes nothing; it reads
   * who holds one, so that the plan of a state that somebody is changing says so.
   */
  private stateStatements(): PolicyStatement[] {
    const { keyArns, readable, region, stateOwner } = this.props;
    const bucket = `arn:aws:s3:::${readable.stateBucket}`;
    return [
      { sid: "ListState", actions: ["s3:ListBucket"], resources: [bucket] },
      {
        sid: "State",
        actions: ["s3:GetObject"],
        resources: [
          `${bucket}/${stateOwner}/*.tfstate`,
          `${bucket}/${stateOwner}/*.tflock`,
          `${bucket}/global/global.tfstate`,
        ],
      },
      {
        sid: "SharedKeys",
        actions: ["kms:Decrypt"],
        resources: keyArns,
        conditions: { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } },
      },
    ];
  }

  private policy(id: string, name: string, description: string, statements: readonly PolicyStatement[]): IamPolicy {
    return new IamPolicy(this, id, {
      provider: this.props.provider,
      name,
      description,
      policy: policyDocument(...statements),
    });
  }

  private role(
    id: string,
    name: string,
    role: {
      readonly description: string;
      readonly trust: string;
      readonly policies: Readonly<Record<string, string>>;
      readonly maxSessionDuration?: number;
    },
  ): IamRole {
    const { provider } = this.props;
    const resource = new IamRole(this, `${id}Role`, {
      provider,
      name,
      description: role.description,
      assumeRolePolicy: role.trust,
      permissionsBoundary: this.boundary.arn,
      maxSessionDuration: role.maxSessionDuration,
    });
    for (const [key, policyArn] of Object.entries(role.policies)) {
      new IamRolePolicyAttachment(this, `${id}${key}`, { provider, role: resource.name, policyArn });
    }
    return resource;
  }
}

function assumeStatements(roleArns: readonly string[]): PolicyStatement[] {
  return roleArns.length === 0 ? [] : [{ sid: "RolesElsewhere", actions: ["sts:AssumeRole"], resources: roleArns }];
}

/** Declares the construct above the accounts' {@link CiRoles} to be the system `ci`. */
export function describeCi(
  scope: Construct,
  { owner, repository }: { readonly owner: string; readonly repository: string },
) {
  const role = ciApplyRole(ENV);
  const deploy = cdktf("deploy", GLOBAL);
  describeSystem(scope, {
    name: "ci",
    title: "Continuous integration",
    owner,
    purpose:
      "Plans every pull request, with roles that GitHub Actions assumes for one job at a time. Roles that apply main stand ready for a workflow that deploys.",
    launch: [
      ["By a person who may administer every account, as CI cannot change its own roles:", deploy],
      [
        "A plan begins with its pull request. Once more:",
        shell(`gh run rerun ${placeholder("id")} --repo ${repository}`),
      ],
      "No workflow deploys yet: a person does, stack by stack, from main.",
    ],
    stop: [
      [
        "No pull request is planned any more, and none merged that needs its plan:",
        shell(`gh workflow disable ${PLAN_CALLER} --repo ${repository}`),
      ],
      [
        "At once, and for every job that runs:",
        aws(
          `iam put-role-policy --role-name ${role} --policy-name stop --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'`,
        ),
        "Go on:",
        aws(`iam delete-role-policy --role-name ${role} --policy-name stop`),
      ],
    ],
    status: [
      shell(`gh run list --repo ${repository} --limit 10`),
      aws(`iam get-role --role-name ${role} --query Role.RoleLastUsed`),
    ],
    logs: [
      shell(`gh run view ${placeholder("id")} --repo ${repository} --log-failed`),
      [
        "What a role did:",
        aws(
          `cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=${role} --max-results 50`,
        ),
      ],
    ],
    metrics: ["None: GitHub counts runs and minutes."],
    procedures: [
      {
        title: "A plan is blocked: something that holds data would go",
        steps: [
          "The comment on the pull request names each address, and what is lost. Where it only moves, the comment has the `moved` block: add that, and nothing goes.",
          "Where it must go: the author copies the line that the comment prints for each address, which begins with `allow-destroy:`, into the description, and ends it with why.",
          [
            "Then someone who may write to the repository, and neither wrote nor pushed any of it, sets the label:",
            shell(`gh pr edit ${placeholder("id")} --repo ${repository} --add-label destroy-approved`),
          ],
          "The run that the label starts says what does not count, and why. A push, an edit of the description or another base ends the approval: take the label off, and set it again.",
        ],
      },
      {
        title: "Add an environment",
        steps: [
          `Make its account in the organization, and write config/environments/${ENV}.ts with the account's id (config/environments/dev.ts is the model).`,
          [
            `Make the GitHub environment ${ENV} with its reviewers and with main as its only branch:`,
            shell(
              `gh api --method PUT repos/${repository}/environments/${ENV} -F 'deployment_branch_policy[protected_branches]=true' -F 'deployment_branch_policy[custom_branch_policies]=false'`,
            ),
          ],
          [
            "The trust of its account's break-glass role, without which global cannot work there:",
            opsdx("people setup"),
          ],
          ["What of its account is in the way, signed in to it:", opsdx(`preflight ${ENV}`)],
          ["Its prefix in the shared buckets, its CI roles and boundary:", deploy],
          ["Its stages:", ...STAGES.map((stage) => cdktf("deploy", stackName(ENV, stage)))],
        ],
      },
      {
        title: "A job may not do something (AccessDenied)",
        steps: [
          'The message names the action and the policy kind. "Permissions boundary": the boundary forbids it on purpose; a person does it, or constructs/global/ci-permissions.ts changes by review.',
          [
            '"Identity-based policy": add the service to APPLY_SERVICES, or the one action to APPLY_ACTIONS, in constructs/global/ci-permissions.ts with its reason.',
            deploy,
          ],
        ],
      },
      {
        title: "A job may not sign in (AssumeRoleWithWebIdentity)",
        steps: [
          "The job lacks `permissions: id-token: write`, or runs for what the role does not trust: applying wants main and the GitHub environment, planning a pull request, the merge queue or main.",
          [
            `The subject of its token has another shape: the roles trust ${GITHUB_SUBJECT_CLAIMS.join(", ")}, in this order. Or the repository was made, renamed or moved since July 2026, its subject has ids, and \`repositoryIds\` in config/global.ts has none or others. This compares all of it with what GitHub says, and says what to do:`,
            opsdx("github subject check"),
          ],
          `The job stands in another workflow than those of main: \`${Object.values(CI_WORKFLOWS).join("`, `")}\`. A pull request plans only in a workflow that is called as \`uses: ${repository}/.github/workflows/${CI_WORKFLOWS.plan}@main\`: what a branch makes of it is refused on purpose.`,
          [
            "What GitHub sent, and what the role wants (the subject is the user name of the event):",
            aws(
              "cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=AssumeRoleWithWebIdentity --max-results 5",
            ),
            aws(`iam get-role --role-name ${role} --query Role.AssumeRolePolicyDocument`),
          ],
        ],
      },
    ],
  });
}
