import { configFile, secretPath, stackName } from "../../../config/names";
import type { DeclaredSecret } from "../../../config/workload-secrets";
import { Construct } from "../../shared/cdktf";
import { constructId } from "../../shared/construct-id";
import { aws, cdktf, opsdx } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { MonitoringContext } from "../../shared/observability/monitoring-context";
import { describeSystem, type SystemFacts } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { SecretExports } from "../../shared/platform";
import { AgeWatch, type AgeWatchProps } from "./age-watch";
import { SystemSecrets } from "./system-secrets";

/** Properties of {@link WorkloadSecrets}. */
export interface WorkloadSecretsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** What the stack's alarms and log groups share. */
  readonly monitoring: MonitoringContext;
  /** Account and region that own them. */
  readonly account: { readonly id: string; readonly region: string };
  /** Who answers for them. */
  readonly owner: string;
  /** The secrets that the environment's settings name, and those of its services. */
  readonly secrets: readonly DeclaredSecret[];
  /** What looks at their ages, and after how many days a value is old. */
  readonly ages: Pick<AgeWatchProps, "code" | "maxAgeDays" | "restoreTests">;
  /** Keep what is deleted for a time; only a deployment that is thrown away as a whole does without. @default true */
  readonly deletionProtection?: boolean;
}

/**
 * Days that a deleted secret can be restored: the most that AWS offers.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
 */
const RECOVERY_DAYS = 30;

/**
 * The secrets that workloads and services read, empty, with a key for each system. They stand in stage1, so that the values are in before anything
 * waits for them (docs/decisions/0027-secrets-are-declared-empty.md).
 */
export class WorkloadSecrets extends Construct {
  /** What later stages know. */
  public readonly exports: SecretExports;

  public constructor(scope: Construct, id: string, props: WorkloadSecretsProps) {
    super(scope, id);
    const { account, environment, monitoring, secrets } = props;
    describeSystem(this, secretFacts(props));
    const systems = [...new Set(secrets.map(({ system }) => system))];
    const made = systems.map((system) => {
      const { inUse, keyArn } = new SystemSecrets(this, constructId(system), {
        environment,
        accountId: account.id,
        system,
        secrets: secrets.filter((secret) => secret.system === system),
        recoveryDays: props.deletionProtection === false ? 0 : RECOVERY_DAYS,
      });
      return { system, keyArn, inUse };
    });
    this.exports = {
      keyArns: Object.fromEntries(made.map(({ keyArn, system }) => [system, keyArn])),
      arns: Object.fromEntries(
        made.flatMap(({ inUse, system }) =>
          inUse.flatMap(({ arn, awaited, reference }) => (awaited === true ? [[`${system}/${reference}`, arn]] : [])),
        ),
      ),
    };
    const { alarms } = new AgeWatch(this, "AgeWatch", {
      ...props.ages,
      monitoring,
      account,
      secrets: made.flatMap(({ inUse }) => inUse),
    });
    new SystemHealth(this, "Health", { monitoring, alarms });
  }
}

function secretFacts({ environment, owner }: WorkloadSecretsProps): SystemFacts {
  const file = configFile(environment);
  const check = opsdx(`secrets check ${environment}`);
  const deploy = cdktf("deploy", stackName(environment, "stage1"));
  const init = opsdx(`secrets init ${environment}`);
  const rotate = opsdx(`secrets rotate ${environment} ${placeholder("name")}`);
  const secret = placeholder("name");
  return {
    name: "secrets",
    title: "Secrets",
    owner,
    purpose: `The secrets that ETLs, the web service and the services on the clusters read, \`${secretPath(environment, placeholder("etl"))}…\`, in AWS Secrets Manager. This program makes them empty, each system's under a key of its own. People put the values in, or a command makes them; only the roles that a secret is declared for read it.`,
    launch: [
      `A secret is declared by its name: \`secrets\` of the ETL, or of \`web\`, in \`${file}\`; a service's with what it is made of, in \`config/service-secrets\`.`,
      deploy,
      [
        "Passwords, keys and certificates of services get their first value from chance; a value that is there stays. What only a person can give is listed:",
        init,
      ],
      ["Any other is missing its value until somebody puts it in (below):", check],
    ],
    stop: [
      "A secret that leaves the configuration is deleted by the next deploy, and can be restored for 30 days:",
      aws(`secretsmanager restore-secret --secret-id ${secret}`),
    ],
    status: [["Key, age of the value, last rotation; which are missing their value:", check]],
    logs: [
      "CloudTrail > eventSource secretsmanager.amazonaws.com: GetSecretValue says who read, PutSecretValue who changed, PutResourcePolicy who opened one.",
    ],
    metrics: [
      "CloudWatch > OpsDX/Age, every hour: OldestSecretDays, SecretDays of each secret, SecretsMissing (those without a value).",
      "CloudWatch > AWS/SecretsManager > ResourceCount: secrets of the account, with those that wait for their deletion.",
    ],
    procedures: [
      {
        title: "Put a value in, or change it",
        steps: [
          [
            "Never on the command line, where the shell's history and every process list hold it. From a file, without a line break at its end:",
            aws(`secretsmanager put-secret-value --secret-id ${secret} --secret-string file://secret.txt`),
            "Delete the file.",
          ],
          ["ETLs read it with their next run; the web service when its pods start.", check],
        ],
      },
      {
        title: "Make a new value of a service's secret",
        steps: [
          [
            "What a command can make: passwords, keys, certificates. Without `--yes` it says what would restart and what must run after it, and changes nothing:",
            rotate,
          ],
          "With `--yes` it makes the value. The one before stays readable as the version stage AWSPREVIOUS until the next.",
          "Its Kubernetes Secrets follow within the hour, pods when they start: what the command says, in its order. See `Secrets into the clusters`.",
        ],
      },
      {
        title: "Read a value all the same",
        steps: [
          "Nobody reads one but its workload: the secret's policy denies it, to administrators too. Whoever gave the value can give it again: ask there first.",
          [
            "Otherwise, as an administrator; the trail records each step:",
            aws(`secretsmanager delete-resource-policy --secret-id ${secret}`),
            aws(`secretsmanager get-secret-value --secret-id ${secret} --query SecretString --output text`),
          ],
          ["Put the policy back:", deploy],
        ],
      },
      {
        title: "A value was seen by somebody else",
        steps: [
          ["A service's that a command made: make a new one, and do what it says.", rotate],
          "Any other: have it changed where it comes from: Epic, Clarity, the database role.",
          [
            "Put the new one in as above. Who read the old one:",
            aws(
              `cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue --query "Events[].[EventTime,Username,CloudTrailEvent]"`,
            ),
          ],
        ],
      },
    ],
  };
}
