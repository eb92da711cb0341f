import { boundaryArn } from "../../config/names";
import { namedPolicy, type NamedPolicy, type Rights } from "../../constructs/shared/policy/evaluate";
import { addressesIn, text, type ResourceModel, type StackModel } from "../../constructs/shared/policy/model";

/** The rights of a role of the program, with what AWS itself manages left out but named. */
export interface RoleRights extends Rights {
  /** Its trust policy. */
  readonly trust: NamedPolicy;
  /** ARNs of the policies of AWS that it has. */
  readonly managed: readonly string[];
}

/** A policy's document under its name. */
export function policyOf({ body }: ResourceModel): NamedPolicy {
  return namedPolicy(text(body["name"]), body["policy"]);
}

function referred(stack: StackModel, value: unknown): ResourceModel | undefined {
  const [address] = addressesIn(value);
  return stack.ofType("aws_iam_policy").find((policy) => policy.address === address);
}

/** Rights of a role of a stack. @param boundaries - policies by ARN, for boundaries that another stack makes */
export function rightsOf(
  stack: StackModel,
  role: ResourceModel,
  boundaries: ReadonlyMap<string, NamedPolicy> = new Map(),
): RoleRights {
  const attached = stack
    .referring("aws_iam_role_policy_attachment", "role", role)
    .map(({ body }) => body["policy_arn"]);
  const own = attached.flatMap((arn) => referred(stack, arn) ?? []).map(policyOf);
  const inline = stack.referring("aws_iam_role_policy", "role", role).map(policyOf);
  const bound = role.body["permissions_boundary"];
  const boundary = referred(stack, bound);
  return {
    trust: namedPolicy("trust", role.body["assume_role_policy"]),
    policies: [...own, ...inline],
    boundary: boundary === undefined ? boundaries.get(text(bound)) : policyOf(boundary),
    managed: attached.map(text).filter((arn) => arn.startsWith("arn:aws:iam::aws:policy/")),
  };
}

/** What CI has in an account. */
export interface CiRights {
  readonly plan: RoleRights;
  /** None in the account of the global stack. */
  readonly apply: RoleRights | undefined;
  /** The boundary of every role that CI makes. */
  readonly workloads: NamedPolicy;
}

/** CI's rights in the account of an environment, or of the global stack. */
export function ciRightsOf(global: StackModel, owner: string): CiRights {
  const within = (type: string, name: RegExp): ResourceModel | undefined =>
    global
      .ofType(type)
      .find(({ path, body }) => path.startsWith(`global/Ci/${owner}/`) && name.test(text(body["name"])));
  const rights = (name: RegExp): RoleRights | undefined => {
    const role = within("aws_iam_role", name);
    return role === undefined ? undefined : rightsOf(global, role);
  };
  const plan = rights(/^opsdx-ci-plan$/);
  const workloads = within("aws_iam_policy", /^opsdx-boundary$/);
  if (plan === undefined || workloads === undefined) throw new Error(`no CI in the account of ${owner}`);
  return { plan, apply: rights(/^opsdx-ci-apply-/), workloads: policyOf(workloads) };
}

/** The boundaries that the global stack makes in the environments' accounts, by ARN. */
export function boundariesOf(
  global: StackModel,
  environments: readonly { readonly name: string; readonly account: { readonly id: string } }[],
): ReadonlyMap<string, NamedPolicy> {
  return new Map(
    environments.map(({ name, account }) => [boundaryArn(account.id), ciRightsOf(global, name).workloads]),
  );
}
