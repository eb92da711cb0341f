import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { CommandError } from "../command-error";
import { errorWords } from "../next-step";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Body = Readonly<Record<string, Json>>;
type Resources = Readonly<Record<string, Readonly<Record<string, Body>>>>;

/** One way in which this program's stack and kops' Terraform disagree. */
export interface Difference {
  /** `type[AWS name]`, the same on both sides. */
  readonly resource: string;
  /** Argument. @default - the resource exists on one side only */
  readonly argument?: string;
  /** What kops declares. @default - nothing */
  readonly kops?: Json;
  /** What this program declares. @default - nothing */
  readonly ours?: Json;
}

/** A difference that is meant, and why. */
export interface IntendedDifference {
  /** Resource type. */
  readonly type: string;
  /** Argument. @default - the whole resource */
  readonly argument?: string;
  /** What the resource's name begins with, behind its type. @default - every resource of the type */
  readonly name?: string;
  /** Why the two sides differ. */
  readonly reason: string;
}

/** Every difference that is meant. Anything else fails a render and a test. */
export const INTENDED_DIFFERENCES: readonly IntendedDifference[] = [
  {
    type: "aws_launch_template",
    argument: "user_data",
    reason: "the boot payload: this program reads the file that kops rendered",
  },
  {
    type: "aws_autoscaling_group",
    argument: "lifecycle",
    reason: "the autoscaler owns desired_capacity, and later stages attach their target groups",
  },
  {
    type: "aws_autoscaling_group",
    argument: "enabled_metrics",
    reason: "GroupInServiceCapacity besides kops' metrics: AWS recommends an alarm on it",
  },
  {
    type: "aws_ebs_volume",
    argument: "lifecycle",
    reason: "etcd's volumes hold the cluster's state: Terraform must not destroy them",
  },
  {
    type: "aws_security_group_rule",
    name: '"egress"',
    reason:
      "the way out leads to the cluster's own machines, and beyond them where stage1's matrix says; kops opens it to every address",
  },
  {
    type: "aws_security_group_rule",
    argument: "description",
    reason: "kops says of no rule what it is for",
  },
];

/** The files of the boot payload, which this program declares from what kops rendered. */
const PAYLOAD_TYPE = "aws_s3_object";

/** What `kops update cluster --target=terraform` declares. */
export interface KopsTerraform {
  /** The infrastructure: everything but the boot payload. */
  readonly resources: Resources;
  /** The boot payload's files: where each goes, and its name below `data/`. */
  readonly payloadObjects: readonly { readonly bucket: string; readonly key: string; readonly file: string }[];
}

/**
 * Reads kops' Terraform target.
 * @param folder - what `kops update cluster --target=terraform --out` wrote
 * @throws CommandError when it is not whole
 */
export async function readKopsTerraform(folder: string): Promise<KopsTerraform> {
  const file = path.join(folder, "kubernetes.tf");
  const json = await parseHcl(existsSync(file) ? readFileSync(file, "utf8") : "").catch((error: unknown) => {
    throw new CommandError(`kops must write a whole kubernetes.tf: ${errorWords(error)}`);
  });
  const { resource: declared } = json as {
    resource?: Readonly<Record<string, Readonly<Record<string, readonly Body[]>>>>;
  };
  if (declared === undefined) throw new CommandError("kops must write resources into kubernetes.tf, got none");
  const { [PAYLOAD_TYPE]: objects = {}, ...infrastructure } = declared;
  return {
    resources: mapValues(infrastructure, (instances) =>
      mapValues(instances, (blocks) => inlineFiles(blocks[0] ?? {}, folder) as Body),
    ),
    payloadObjects: Object.values(objects).map(([body]) => {
      const { bucket, key, content } = body as { bucket: string; key: string; content: string };
      return { bucket, key, file: /^\$\{file\("\$\{path\.module\}\/data\/(.+)"\)\}$/.exec(content)?.[1] ?? content };
    }),
  };
}

let parser: Worker | undefined;
let lastRequest = 0;

/** Parses HCL in a worker that does not count: the parser (Go in WebAssembly) never lets its process end. */
function parseHcl(text: string): Promise<unknown> {
  const worker = (parser ??= new Worker(path.join(__dirname, "hcl-worker.cjs")));
  const id = (lastRequest += 1);
  worker.ref();
  return new Promise((resolve, reject) => {
    const answered = (answer: { id: number; json?: unknown; error?: string }): void => {
      if (answer.id !== id) return;
      worker.off("message", answered).off("error", reject).unref();
      if (answer.error === undefined) resolve(answer.json);
      else reject(new Error(answer.error));
    };
    worker.on("message", answered).once("error", reject);
    worker.postMessage({ id, text });
  });
}

/** Every difference between kops' resources and ours, resource by resource and argument by argument. */
export function compare(kops: Resources, ours: Resources): readonly Difference[] {
  const [left, right] = [canonical(kops), canonical(ours)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((resource): Difference[] => {
    const [a, b] = [left.get(resource), right.get(resource)];
    if (a === undefined || b === undefined) return [{ resource, kops: a, ours: b }];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .sort()
      .filter((argument) => JSON.stringify(a[argument]) !== JSON.stringify(b[argument]))
      .map((argument) => ({ resource, argument, kops: a[argument], ours: b[argument] }));
  });
}

/** The differences that no one has given a reason for. */
export function unexplained(
  differences: readonly Difference[],
  intended: readonly IntendedDifference[] = INTENDED_DIFFERENCES,
): readonly Difference[] {
  return differences.filter(
    ({ resource, argument }) =>
      !intended.some(
        (reason) =>
          resource.startsWith(`${reason.type}[${reason.name ?? ""}`) &&
          (reason.argument === undefined || reason.argument === argument),
      ),
  );
}

/** A difference as people read it. */
export function describe({ resource, argument, kops, ours }: Difference): string {
  const show = (value: Json | undefined): string =>
    value === undefined ? "nothing" : JSON.stringify(value).slice(0, 500);
  if (argument === undefined)
    return `${resource}: ${kops === undefined ? "only in this program" : "only in kops' Terraform"}`;
  return `${resource}: ${argument}: kops has ${show(kops)}, this program ${show(ours)}`;
}

/** Replaces `file("${path.module}/data/…")` by the file's contents. */
function inlineFiles(value: Json, folder: string): Json {
  if (typeof value === "string") {
    const file = /^\$\{file\("\$\{path\.module\}\/(.+)"\)\}$/.exec(value)?.[1];
    return file === undefined ? value : readFileSync(path.join(folder, file), "utf8");
  }
  if (Array.isArray(value)) return value.map((inner: Json) => inlineFiles(inner, folder));
  return isObject(value) ? mapValues(value, (inner) => inlineFiles(inner, folder)) : value;
}

/** The resources by `type[AWS name]`, their arguments in a form in which equal meaning is equal text. */
function canonical(resources: Resources): Map<string, Body> {
  const all = Object.entries(resources).flatMap(([type, instances]) =>
    Object.entries(instances).map(([name, body]) => ({ type, address: `${type}.${name}`, body })),
  );
  const bodies = new Map(all.map(({ address, type, body }) => [address, { type, body }]));
  const names = new Map<string, string>();
  const nameOf = (address: string): string => {
    const known = names.get(address);
    if (known !== undefined) return known;
    const target = bodies.get(address);
    if (target === undefined) return address;
    const name = `${target.type}[${awsName(target.type, target.body, nameOf)}]`;
    names.set(address, name);
    return name;
  };
  const named = new Map(all.map(({ address, body }) => [nameOf(address), normalise(body, nameOf) as Body]));
  // Of two with one name the comparison would see only the last.
  if (named.size < all.length) {
    const twice = all.map(({ address }) => nameOf(address)).filter((name, index, every) => every.indexOf(name) < index);
    throw new Error(`every resource must have a name of its own, got twice: ${twice.join(", ")}`);
  }
  return named;
}

/** What identifies a resource of a type within a cluster: its AWS name, or what it connects. */
function awsName(type: string, body: Body, nameOf: (address: string) => string): string {
  const target = (argument: string): string => {
    const value = body[argument];
    const address = typeof value === "string" ? /^\$\{(aws_\w+\.[\w-]+)\./.exec(value)?.[1] : undefined;
    return address === undefined ? JSON.stringify(value) : nameOf(address);
  };
  const text = (argument: string): string => JSON.stringify(body[argument]);
  switch (type) {
    case "aws_ebs_volume":
      return JSON.stringify((body["tags"] as Body)["Name"]);
    case "aws_cloudwatch_event_target":
      return target("rule");
    case "aws_iam_openid_connect_provider":
      return text("url");
    case "aws_iam_role_policy_attachment":
      return `${target("role")} ${text("policy_arn")}`;
    case "aws_lb_listener":
      return `${target("load_balancer_arn")} ${text("port")}`;
    case "aws_route53_record":
      return `${text("name")} ${text("type")}`;
    case "aws_security_group_rule":
      return [
        ...["type", "protocol", "from_port", "to_port", "cidr_blocks", "ipv6_cidr_blocks"].map(text),
        target("security_group_id"),
        target("source_security_group_id"),
      ].join(" ");
    default:
      return text("name");
  }
}

function normalise(value: Json, nameOf: (address: string) => string): Json {
  if (typeof value === "string") {
    const policy = /^\s*\{\s*"/.test(value) ? parseJson(value) : undefined;
    if (policy !== undefined) return normalise(policy, nameOf);
    return value
      .replace(
        /\$\{(aws_\w+\.[\w-]+)\.(\w+)\}/g,
        (_, address: string, attribute: string) => `<${nameOf(address)}.${attribute}>`,
      )
      .replace(/^\/hostedzone\//, "");
  }
  if (Array.isArray(value)) {
    const items = value.map((inner: Json) => normalise(inner, nameOf));
    // A block stands as an object or as a list of one; the order of blocks and of sets has no meaning.
    if (items.length === 1 && isObject(items[0] ?? null)) return items[0] ?? null;
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (isObject(value)) {
    const entries = Object.entries(value)
      .filter(([key, inner]) => key !== "//" && key !== "provider" && inner !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, inner]) => [key, normalise(inner, nameOf)]));
  }
  // Terraform takes true for "true" and 30 for "30".
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function isObject(value: Json): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
