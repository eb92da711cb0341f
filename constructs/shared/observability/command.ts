import { GLOBAL, publishedFolder } from "../../../config/names";
import { unknownPlaceholders } from "./placeholders";

/** A command of the runbook: what a person copies and runs. Made by the functions of this file only. */
export interface Command {
  /** The whole text. */
  readonly command: string;
  /** What reads it: a shell, PostgreSQL, or CloudWatch Logs Insights. */
  readonly language: "sh" | "sql" | "query";
}

/** Where kubectl and Helm work. */
export interface KubernetesPlace {
  /** Full name of the cluster, which is its context in kubectl. */
  readonly cluster: string;
  /** The namespace. @default - none named: for what has no namespace, and for `-A` */
  readonly namespace?: string;
}

/** What of a log group to read, for {@link awslogs}. */
export interface LogSelection {
  /** Stream, or a pattern of streams. @default - all */
  readonly stream?: string;
  /** From when on, as awslogs reads it. @default "1h ago" */
  readonly start?: string;
  /** Field to print of each line that is JSON. @default - the whole line */
  readonly field?: string;
}

/** kubectl or Helm without a cluster would ask whichever one was used last. */
const PLACELESS = /\bkubectl(?! --context \S)\b|\bhelm(?! --kube-context \S)(?= )/;

/** kubectl follows five pods and refuses more, unless it is told how many: a service has more when it is busy. */
const FOLLOWED =
  /\bkubectl\b[^|;&]* logs(?=[^|;&]* (-l|--selector)[ =])(?=[^|;&]* (-f\b|--follow))(?![^|;&]*--max-log-requests)/;

/**
 * Any other shell command.
 * @throws Error when it is empty, calls kubectl or Helm without naming the cluster, follows the logs of more pods than kubectl does by
 * itself, or holds a placeholder that is not listed
 */
export function shell(text: string): Command {
  return command(text, "sh");
}

/** SQL for psql. */
export function sql(text: string): Command {
  return command(text, "sql");
}

/** A query for CloudWatch Logs Insights. */
export function insights(text: string): Command {
  return command(text, "query");
}

/** kubectl on a cluster. */
export function kubectl({ cluster, namespace }: KubernetesPlace, args: string): Command {
  return shell(`kubectl --context ${cluster}${namespace === undefined ? "" : ` -n ${namespace}`} ${args}`);
}

/** Helm on a cluster; releases are kept in ConfigMaps. */
export function helm({ cluster, namespace }: KubernetesPlace, args: string): Command {
  const where = namespace === undefined ? "" : ` -n ${namespace}`;
  return shell(`HELM_DRIVER=configmap helm --kube-context ${cluster}${where} ${args}`);
}

/** Makes a Job of a CronJob, however often: one of before is deleted first, as its name is taken. */
export function jobAgain(place: Required<KubernetesPlace>, template: string): readonly Command[] {
  return [
    kubectl(place, `delete job ${template}-again --ignore-not-found`),
    kubectl(place, `create job ${template}-again --from=cronjob/${template}`),
  ];
}

/** The AWS CLI, with the credentials of the account that the alarm is in. */
export function aws(args: string): Command {
  return shell(`aws ${args}`);
}

/** A value that a stage publishes. @param name - its path below the stage's, for example `db/db-address` */
export function published(environment: string, stage: string, name: string): Command {
  return aws(
    `ssm get-parameter --name ${publishedFolder(environment, stage)}${name} --query Parameter.Value --output text`,
  );
}

/** Lines of a log group. */
export function awslogs(logGroup: string, { field, start = "1h ago", stream }: LogSelection = {}): Command {
  const only = stream === undefined ? "" : ` ${/[*\s]/.test(stream) ? `'${stream}'` : stream}`;
  return shell(`awslogs get ${logGroup}${only}${field === undefined ? "" : ` -q ${field}`} --start='${start}'`);
}

/** This project's own command line. */
export function opsdx(args: string): Command {
  return shell(`npx opsdx ${args}`);
}

/**
 * cdktf on a stack of this project. It would refuse to deploy a stack without those that it reads, and to destroy one without those that
 * read it; they are in other accounts, or long done.
 */
export function cdktf(verb: "deploy" | "diff" | "destroy", stack: string): Command {
  const alone = { deploy: stack === GLOBAL, diff: true, destroy: stack.endsWith("-stage3") }[verb];
  return shell(`npx cdktf ${verb} ${stack}${alone ? "" : " --ignore-missing-stack-dependencies"}`);
}

/** Terraform in a synthesized and initialized stack. */
export function terraform(stack: string, args: string): Command {
  return shell(`terraform -chdir=cdktf.out/stacks/${stack} ${args}`);
}

/** kops on a cluster. */
export function kops(args: string, cluster: string, stateBucket: string, options = ""): Command {
  return shell(`kops ${args} --name ${cluster} --state s3://${stateBucket}${options === "" ? "" : ` ${options}`}`);
}

/** A command whose output another one reads. */
export function pipe(from: Command, ...filters: readonly string[]): Command {
  return command([from.command, ...filters].join(" | "), from.language);
}

/** A command's output as part of another one. */
export function output(of: Command): string {
  return `$(${of.command})`;
}

function command(text: string, language: Command["language"]): Command {
  const refuse = (rule: string): never => {
    throw new Error(`a command of the runbook ${rule}, got "${text}"`);
  };
  if (text.trim() !== text || text === "") refuse("must hold something, without spaces around it");
  if (language === "sh" && PLACELESS.test(text)) refuse("must name the cluster of each kubectl and helm");
  if (language === "sh" && FOLLOWED.test(text)) refuse("must say --max-log-requests where it follows logs by a label");
  for (const name of unknownPlaceholders(text)) refuse(`must use listed placeholders only, not <${name}>`);
  return { command: text, language };
}
