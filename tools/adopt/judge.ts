import { addressesIn, StackModel } from "../../constructs/shared/policy/model";
import { itemsOf } from "../plan/guard/disarm-rule";
import { findGuarded } from "../plan/guard/guard";
import type { Finding } from "../plan/guard/findings";
import { plannedResources, type PlannedResource } from "../plan/planned-action";
import { attributeReports } from "../plan/report/attributes";
import { pathText, shownAt, shownChange, shownText, type Shown } from "../plan/shown-value";
import type { NotPlanned, StackPlan } from "../plan/stack-plan";
import type { SynthesizedStacks } from "../plan/synthesized-resources";
import type { TerraformPlan } from "../plan/terraform-plan";
import { decidedBy } from "../plan/waiting";
import { importDocs } from "../preflight/listings";
import type { Find } from "./find";

/** A thing that is taken over, and what the deploy changes of it. */
export interface Adopted extends Find {
  /** What changes in place, `path: before -> after`. */
  readonly changes: readonly string[];
}

/** What a plan with the import blocks would do. */
export interface Judgement {
  /** What is taken over. */
  readonly adopted: readonly Adopted[];
  /** How many resources are made. */
  readonly made: number;
  /** How many others change in place. */
  readonly changed: number;
  /** Why it must not be deployed like this: what it would destroy, with place, rule and value. */
  readonly refusals: readonly string[];
  /** What is kept shorter or protected less from the deploy on. */
  readonly disarmed: readonly Finding[];
  /** What roles may do that nothing declares, and that no deploy takes off them. */
  readonly rights: readonly Rights[];
  /** What was not planned, so that nobody knows what becomes of it. */
  readonly notPlanned: readonly NotPlanned[];
}

/** What a role that is taken over may do besides what is declared. */
export interface Rights {
  /** Address of the role. */
  readonly address: string;
  /** Its name. */
  readonly role: string;
  /** ARNs of policies that are attached to it. */
  readonly attached: readonly string[];
  /** Names of policies that are written in it. */
  readonly inline: readonly string[];
}

/** The planned outcome of a stack. */
type Planned = Extract<StackPlan["outcome"], { readonly kind: "planned" }>;

const OTHER_KEY =
  "RDS gives an instance no other key: rename it, copy a snapshot with the declared key, restore that under this name, and run this again " +
  "(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CopySnapshot.html)";
const FOR_LIFE =
  "RDS keeps it for an instance's life: rename the old instance (aws rds modify-db-instance --db-instance-identifier '<id>' " +
  "--new-db-instance-identifier '<id>-old' --apply-immediately), deploy, and load its dump";

/** What helps where the provider, or AWS, changes something in no way, by type and argument. */
const WAYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html#Overview.Encryption.Limitations
  aws_db_instance: { db_name: FOR_LIFE, kms_key_id: OTHER_KEY, storage_encrypted: OTHER_KEY, username: FOR_LIFE },
  aws_ecr_repository: {
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
    encryption_configuration:
      "A repository keeps its key for life: copy its images to another name, delete it, deploy, and copy them back",
  },
  aws_route53_query_log: {
    cloudwatch_log_group_arn:
      "It holds nothing itself: aws route53 delete-query-logging-config --id '<id>'; then run this again",
  },
  aws_route53_zone: {
    // https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateReusableDelegationSet.html
    delegation_set_id:
      "Its own name servers can be made a set, and the parent goes on naming them: aws route53 create-reusable-delegation-set " +
      "--caller-reference adopt --hosted-zone-id '<id>'; then run this again",
  },
  aws_s3_bucket: {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
    object_lock_enabled:
      "It can be switched on for a bucket that keeps versions: aws s3api put-bucket-versioning --bucket '<id>' " +
      "--versioning-configuration Status=Enabled; aws s3api put-object-lock-configuration --bucket '<id>' " +
      "--object-lock-configuration ObjectLockEnabled=Enabled; then run this again",
  },
};

/** Says what a plan that imports would do. */
export function judgeAdoption(plan: StackPlan, outcome: Planned, finds: readonly Find[], json: object): Judgement {
  const { stack } = plan;
  const synthesized: SynthesizedStacks = { [stack]: json as SynthesizedStacks[string] };
  const ids = new Map(finds.map((find) => [find.to, find]));
  const resources = plannedResources(outcome.plan);
  const actions = new Map(resources.map((one) => [one.resource.address, one]));
  const count = (action: PlannedResource["action"]): number =>
    resources.filter((one) => one.action === action && !ids.has(one.resource.address)).length;
  return {
    adopted: finds.map((find) => {
      const planned = actions.get(find.to);
      const reports = planned?.action === "update" ? attributeReports(planned.resource.change) : [];
      return { to: find.to, id: find.id, changes: reports.map(({ path, text }) => `${path}: ${text}`) };
    }),
    made: count("create"),
    changed: count("update"),
    refusals: resources.flatMap((one) => refusal(stack, one, ids.get(one.resource.address), outcome.speculation)),
    rights: finds.flatMap((find) => rightsOf(find, outcome.plan, json)),
    notPlanned: plan.notPlanned,
    disarmed: findGuarded({ stacks: [plan], synthesized: { base: synthesized, head: synthesized } }).filter(
      ({ threat }) => threat === "disarm",
    ),
  };
}

/** What a role may do besides what the stack declares for it. What the role itself declares, the plan changes. */
function rightsOf(
  { id, to }: Find,
  { resource_changes: changes = [] }: TerraformPlan,
  json: object,
): readonly Rights[] {
  if (!to.startsWith("aws_iam_role.")) return [];
  const declared = new StackModel("", json as StackModel["json"]);
  const own = declared.resources.find(({ address }) => address === to)?.body ?? {};
  const valueOf = (address: string, side: "before" | "after", name: string): Shown | undefined => {
    const found = changes.find((one) => one.address === address);
    return found === undefined ? undefined : shownAt(shownChange(found.change)[side], [name]);
  };
  const others = (type: string, value: string): readonly unknown[] =>
    declared
      .ofType(type)
      .filter(({ body }) => addressesIn(body["role"]).includes(to))
      .map(({ address }) => valueOf(address, "after", value));
  const there = (name: string, key: (item: Shown) => Shown | undefined, ours: readonly unknown[]): readonly string[] =>
    own[name] === undefined
      ? itemsOf(valueOf(to, "before", name))
          .map(key)
          .filter((one): one is string => typeof one === "string" && one !== "" && !ours.includes(one))
      : [];
  const attached = there("managed_policy_arns", (arn) => arn, others("aws_iam_role_policy_attachment", "policy_arn"));
  const inline = there("inline_policy", (one) => shownAt(one, ["name"]), others("aws_iam_role_policy", "name"));
  return attached.length + inline.length === 0 ? [] : [{ address: to, role: id, attached, inline }];
}

function refusal(
  stack: string,
  { action, resource }: PlannedResource,
  find: Find | undefined,
  speculation: Planned["speculation"],
): readonly string[] {
  if (action !== "replace" && action !== "delete" && action !== "forget") return [];
  const { address, change, type } = resource;
  const place = `${stack} ${address}`;
  if (find === undefined) {
    const verb = { delete: "destroys", forget: "lets go of", replace: "replaces" }[action];
    return [`${place}: is not imported, and the same plan ${verb} it. Deploy that first, without adopting anything`];
  }
  const { advice, id } = find;
  const { after, before } = shownChange(change);
  const paths = change.replace_paths ?? [];
  const rules = paths.map((path) => {
    const way = WAYS[type]?.[String(path[0])]?.replaceAll("<id>", id);
    const rule = `${pathText(path)} must be ${shownText(shownAt(before, path))}, as ${id} has it, for it cannot change in place; the stack declares ${shownText(shownAt(after, path))}`;
    return `${place}: ${rule}. ${way ?? advice ?? `Declare what is there, or rename one of the two: ${importDocs(type).replace("#import", "")}`}`;
  });
  const waits = decidedBy(speculation, address, paths);
  return [
    ...(rules.length > 0 ? rules : [`${place}: ${id} would be replaced (${resource.action_reason ?? action})`]),
    ...(waits.length > 0 ? [`${place}: decided once ${waits.join(", ")} is applied: deploy that first`] : []),
  ];
}
