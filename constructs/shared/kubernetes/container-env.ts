import { NOT_SECRET_ANNOTATION } from "../../../config/secrets";
import { unexpanded } from "../../../lambdas/etl-launcher/literal-text";

/** Variables of a container, sorted by name, so that a new one moves no other in a plan. */
export function containerEnv(variables: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
}

/**
 * Variables whose values somebody wrote: Terraform and Kubernetes read each as it stands. Not for values that are known only to
 * Terraform, whose references would be escaped, too.
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
 */
export function literalVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, unexpanded(value).replace(/[$%](?=\{)/g, "$&$&")]),
  );
}

/** The annotation of a workload with such variables; none without. */
export function notSecretAnnotation(names: readonly string[]): { annotations?: Record<string, string> } {
  return names.length === 0 ? {} : { annotations: { [NOT_SECRET_ANNOTATION]: [...names].sort().join(",") } };
}

/**
 * What tells a program the names of its secrets: `DB_PASSWORD` gives `DB_PASSWORD_SECRET_ID`, whose value is the secret's name.
 * @see docs/decisions/0009-workloads-read-their-own-secrets.md
 */
export function secretVariables(
  secrets: Readonly<Record<string, string>>,
  path: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(secrets).map(([variable, reference]) => [`${variable}_SECRET_ID`, `${path}${reference}`]),
  );
}
