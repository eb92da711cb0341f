import { configFile, runnerConnection, runnerProject, stackName } from "../../../config/names";
import { aws, awslogs, cdktf, opsdx, shell, type Command } from "../../shared/observability/command";
import type { Step } from "../../shared/observability/steps";
import type { SystemFacts } from "../../shared/observability/system";

/** Name of the system, and of its page of the runbook. */
export const RUNNERS = "runners";

/** What the page of the runbook is written from. */
export interface RunnersFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Who answers for them. */
  readonly owner: string;
  /** The repository, `owner/name`. */
  readonly repository: string;
  /** Whether the handshake with GitHub was made. */
  readonly available: boolean;
}

const project = (environment: string): string => runnerProject(environment, "plan");
const log = (environment: string): Command => awslogs(`/aws/codebuild/${project(environment)}`);
const builds = (environment: string): Command =>
  aws(
    `codebuild list-builds-for-project --project-name ${project(environment)} --max-items 10 --query ids --output text`,
  );
const connection = (environment: string): Command =>
  aws(
    `codeconnections list-connections --query "Connections[?ConnectionName=='${runnerConnection(environment)}'].[ConnectionStatus,ConnectionArn]" --output text`,
  );

/** What to do when runners fail. */
export function failedSteps(environment: string): readonly Step[] {
  return [
    ["What did they say?", log(environment)],
    ["Does the connection to GitHub still hold? It must be `AVAILABLE`:", connection(environment)],
    ["Which were they?", builds(environment)],
  ];
}

/** What to do when jobs wait. */
export function waitingSteps(environment: string): readonly Step[] {
  return [
    ["How many run?", builds(environment)],
    [
      `All that \`runners.atATime\` in ${configFile(environment)} allows: raise it, or wait. Then:`,
      cdktf("deploy", stackName(environment, "stage1")),
    ],
    "None runs: CodeBuild has no machine left, or no address in the subnets of nodes.",
  ];
}

/** The runbook's page on the runners. */
export function runnersFacts({ available, environment, owner, repository }: RunnersFactsProps): SystemFacts {
  const deploy = cdktf("deploy", stackName(environment, "stage1"));
  const file = configFile(environment);
  return {
    name: RUNNERS,
    title: "Runners of CI",
    owner,
    purpose:
      "Runners of GitHub Actions inside the VPC, for jobs that need a cluster's API: CodeBuild starts one for each job, and it is gone after it. They plan, and reach no database, cache or file system.",
    launch: [
      ["Make project and connection:", deploy],
      [
        "Once, by an administrator of the repository's organization: in the console, Developer Tools > Settings > Connections, choose the connection and `Update pending connection`. It must say `AVAILABLE` then:",
        connection(environment),
      ],
      [
        `Set \`runners.connection\` to \`available\` in ${file}, which makes the webhook, and \`runner\` of the environment in .github/workflows/plan.yml to \`codebuild-${project(environment)}\`. A test holds both together.`,
        deploy,
      ],
    ],
    stop: [
      [
        `Plans run on GitHub's own runners, without the clusters: put the two settings back to \`pending\` and \`ubuntu-24.04\`${available ? "" : ", which they are now"}.`,
        deploy,
      ],
    ],
    status: [connection(environment), builds(environment), opsdx(`preflight ${environment}`)],
    logs: [
      log(environment),
      ["What a job said stands on GitHub:", shell(`gh run list --repo ${repository} --limit 10`)],
    ],
    metrics: [
      aws(
        `cloudwatch list-metrics --namespace AWS/CodeBuild --dimensions Name=ProjectName,Value=${project(environment)}`,
      ),
    ],
    procedures: [
      {
        title: "Forks",
        steps: [
          "A pull request of a fork never runs here: the workflow leaves its jobs out. A fork can change its copy of the workflow, so GitHub itself must refuse: each of the two settings is of one kind of repository, and GitHub answers 422 for the other.",
          // https://docs.github.com/en/rest/actions/permissions
          [
            "A private repository: `run_workflows_from_fork_pull_requests` is `false`.",
            shell(`gh api repos/${repository}/actions/permissions/fork-pr-workflows-private-repos`),
          ],
          [
            "A public one: `approval_policy` is `all_external_contributors`, so that each run of theirs needs approval.",
            shell(`gh api repos/${repository}/actions/permissions/fork-pr-contributor-approval`),
          ],
        ],
      },
      {
        title: "Upgrade, go back, restore, and what their loss means",
        steps: [
          "CodeBuild keeps the image current. Settings go back with the commit before:",
          deploy,
          "There is nothing to restore: a runner keeps nothing. Without them plans of pull requests wait; put the settings back as under Stop, and they run on GitHub's own.",
        ],
      },
    ],
  };
}
