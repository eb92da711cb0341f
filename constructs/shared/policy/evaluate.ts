import { parseStatements, type Statement } from "./document";

/** What is known of a request beside action and resource: values by condition key. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** One call of the AWS API. */
export interface AccessRequest {
  /** For example `s3:GetObject`. */
  readonly action: string;
  /** ARN of what the call is about; `*` where the action knows none. */
  readonly resource: string;
  /** Condition keys of the request. @default - none */
  readonly context?: RequestContext;
}

/** A policy with the name under which a refusal tells it. */
export interface NamedPolicy {
  /** For example `opsdx-boundary`. */
  readonly name: string;
  /** Its statements. */
  readonly statements: readonly Statement[];
}

/** A role, as far as its rights go. */
export interface Rights {
  /** Its own policies. */
  readonly policies: readonly NamedPolicy[];
  /** The most that it may do. @default - no boundary */
  readonly boundary?: NamedPolicy;
}

/** Whether a request is allowed, and what decides it. */
export interface Decision {
  /** Whether it is allowed. */
  readonly allowed: boolean;
  /** The statement that denies it, `<policy>.<sid>`, or the policy that does not allow it. */
  readonly by: string;
}

/**
 * Reads a policy document.
 * @throws Error when it is none
 */
export function namedPolicy(name: string, document: unknown): NamedPolicy {
  const statements = typeof document === "string" ? parseStatements(document) : undefined;
  if (statements === undefined) throw new Error(`${name} must be a policy document, got ${String(document)}`);
  return { name, statements };
}

/**
 * What IAM answers to a request of a role about something of its own account that has no policy of its own: a Deny of any policy
 * refuses, then a policy of the role must allow it, and the boundary too.
 *
 * @throws Error at what the program's policies don't use and this does not know: another condition operator, a policy variable
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function decide({ policies, boundary }: Rights, request: AccessRequest): Decision {
  const bounds = boundary === undefined ? [] : [boundary];
  for (const { name, statements } of [...bounds, ...policies]) {
    const denial = statements.find((statement) => statement.effect === "Deny" && applies(statement, request));
    if (denial !== undefined) return { allowed: false, by: `${name}.${denial.sid}` };
  }
  const allowing = (of: readonly NamedPolicy[]): Decision | undefined =>
    of
      .flatMap(({ name, statements }) => statements.map((statement) => ({ name, statement })))
      .filter(({ statement }) => statement.effect === "Allow" && applies(statement, request))
      .map(({ name, statement }) => ({ allowed: true, by: `${name}.${statement.sid}` }))[0];
  if (boundary !== undefined && allowing(bounds) === undefined) return { allowed: false, by: boundary.name };
  return allowing(policies) ?? { allowed: false, by: policies.map(({ name }) => name).join(", ") };
}

/** Who asks for a role. */
export interface Caller {
  /** Type and value as a trust policy names them, for example `AWS` and a role's ARN. */
  readonly principal: readonly [type: string, value: string];
  /** `sts:AssumeRole` or a sibling. */
  readonly action: string;
  /** Condition keys of the request. @default - none */
  readonly context?: RequestContext;
}

/** Whether a role's trust policy lets a caller in: the first half of assuming a role; the caller's own rights are the other. */
export function trusts(trust: NamedPolicy, { principal: [type, value], action, context }: Caller): boolean {
  const root = /^(arn:aws:iam::\d+:)/.exec(value)?.[1];
  const named = (statement: Statement): boolean =>
    "*" in statement.principals ||
    (statement.principals[type] ?? []).some(
      (principal) => principal === value || principal === "*" || (root !== undefined && principal === `${root}root`),
    );
  const meant = trust.statements
    .filter(named)
    .filter((statement) => applies({ ...statement, resources: ["*"] }, { action, resource: "*", context }));
  return meant.some(({ effect }) => effect === "Allow") && !meant.some(({ effect }) => effect === "Deny");
}

function applies(statement: Statement, { action, resource, context = {} }: AccessRequest): boolean {
  const { actions, notActions, resources, notResources, conditions } = statement;
  const names = (patterns: readonly string[]): boolean => patterns.some((pattern) => like(pattern, action, "i"));
  const covers = (patterns: readonly string[]): boolean => patterns.some((pattern) => like(pattern, resource));
  return (
    (notActions.length > 0 ? !names(notActions) : names(actions)) &&
    (notResources.length > 0 ? !covers(notResources) : covers(resources)) &&
    Object.entries(conditions).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, strings(wanted), valuesOf(context, key))),
    )
  );
}

/** Keys know no case, and one that is absent is something else than one without a value. */
function valuesOf(context: RequestContext, key: string): readonly string[] | undefined {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : strings(found[1]);
}

const strings = (value: unknown): readonly string[] => [value].flat().map(String);

type Comparison = (wanted: string, value: string) => boolean;

const equal: Comparison = (wanted, value) => wanted === value;
const alike: Comparison = (wanted, value) => like(wanted, value);
/** Each of the six parts of an ARN by itself: no wildcard reaches past a colon. */
const arnAlike: Comparison = (wanted, value) => {
  const [patterns, parts] = [arnParts(wanted), arnParts(value)];
  return patterns.length === parts.length && patterns.every((pattern, at) => like(pattern, parts[at] ?? ""));
};

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  StringEquals: equal,
  StringLike: alike,
  ArnEquals: arnAlike,
  ArnLike: arnAlike,
  Bool: (wanted, value) => wanted.toLowerCase() === value.toLowerCase(),
};

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function holds(operator: string, wanted: readonly string[], values: readonly string[] | undefined): boolean {
  if (operator === "Null") return wanted.includes(String(values === undefined));
  const [, quantifier, negated, name, ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(?:(String|Arn)Not)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const compare = COMPARISONS[negated === undefined ? (name ?? "") : `${negated}${name ?? ""}`];
  if (compare === undefined) throw new Error(`the condition operator ${operator} is not known here`);
  if (values === undefined && ifExists !== undefined) return true;
  const one = (value: string): boolean => wanted.some((each) => compare(each, value)) === (negated === undefined);
  if (quantifier === "ForAllValues") return (values ?? []).every(one);
  if (quantifier === "ForAnyValue") return (values ?? []).some(one);
  return values === undefined ? negated !== undefined : values.every(one);
}

function arnParts(arn: string): readonly string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, 5), parts.slice(5).join(":")];
}

const PATTERNS = new Map<string, RegExp>();

/** Whether a value has the form of a pattern with `*` and `?`. What Terraform will fill in stands for itself. */
function like(pattern: string, value: string, flags = ""): boolean {
  if (/\$\{(aws|saml|[\w.-]+):/.test(pattern)) throw new Error(`policy variables are not known here: ${pattern}`);
  const key = `${flags}/${pattern}`;
  const known =
    PATTERNS.get(key) ??
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replace(/\*/g, ".*")
        .replace(/\?/g, ".")}$`,
      `s${flags}`,
    );
  PATTERNS.set(key, known);
  return known.test(value);
}
