import { parse } from "yaml";
import { HIPAA } from "../citations";
import { NOT_SECRET_ANNOTATION, isPlainSecretName, secretShape } from "../../../../config/secrets";
import { block, strings, text, type Block, type ResourceModel, type StackModel } from "../model";
import { resourceRule, type Rule, type Violation } from "../rule";

/** Keys whose value is a secret: any literal there is one. */
const SECRET_KEY =
  /(?:^|_)(?:password|passwd|passphrase|secret|secret_key|secret_string|secret_binary|secret_access_key|access_token|auth_token|token|api_key|private_key|host_key|local_users)(?:_wo)?$/;

/** Keys whose value may be a secret: a literal there is one when it looks random. */
const SUSPICIOUS_KEY = /key|secret|token|passw|credential|cookie|salt|auth/;

/** Keys that name a secret, or the file that holds it, or say something about one, and public halves. */
const HARMLESS_KEY =
  /^existing_|public_key|certificate_authority|(?:^|_)(?:id|ids|arn|arns|name|names|ref|path|alias|version|type|policy|policies|url|regex|key_spec|key_usage|file|files)$/;

/** Names of variables are read as the configuration reads them. */
const VARIABLE = /^[A-Z_][A-Z0-9_]*$/;

const MINIMUM_RANDOM_LENGTH = 20;
/** Bits a character: hexadecimal digits have at most 4, English words about 3 over 20 letters. */
const MINIMUM_ENTROPY = 3.5;

const snakeCase = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();

/** Shannon entropy of a text in bits a character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}

function looksRandom(value: string): boolean {
  return (
    value.length >= MINIMUM_RANDOM_LENGTH &&
    /^[A-Za-z0-9+/=_-]+$/.test(value) &&
    /\d/.test(value) &&
    /[A-Za-z]/.test(value) &&
    entropy(value) >= MINIMUM_ENTROPY
  );
}

type Kind = "secret" | "suspicious" | "harmless";
/** Keys come again and again, so each is looked at once. */
const kinds = new Map<string, Kind>();

function kindOf(key: string): Kind {
  const known = kinds.get(key);
  if (known !== undefined) return known;
  const name = snakeCase(key);
  const suspicious = SUSPICIOUS_KEY.test(name) ? "suspicious" : "harmless";
  const secret = SECRET_KEY.test(name) || (VARIABLE.test(key) && isPlainSecretName(key));
  const kind = HARMLESS_KEY.test(name) || key === NOT_SECRET_ANNOTATION ? "harmless" : secret ? "secret" : suspicious;
  kinds.set(key, kind);
  return kind;
}

/** Whether Terraform puts something into a text: a sign that is doubled stands for itself. */
const isReference = (value: string): boolean => /(?<!\$)\$\{/.test(value);

/** What Grafana reads from a file when it starts: the whole value, and a path. */
const isFile = (value: string): boolean => /^\$__file\{\/[\w./-]+\}$/.test(value);

/** What a secret would be called if this value, under this key, is one. */
function secretIn(key: string, value: string): string | undefined {
  const shape = secretShape(value);
  if (shape !== undefined) return shape;
  // What a password may be, not the password: `PASSWORD_LOGIN_ENABLED`.
  if (/^(?:true|false)$/.test(value)) return undefined;
  const kind = kindOf(key);
  // A reference keeps the secret out of the program; an ARN names one.
  if (kind === "harmless" || value === "" || isReference(value) || isFile(value) || value.startsWith("arn:"))
    return undefined;
  if (kind === "secret") return "a literal secret";
  return looksRandom(value) ? "a random-looking literal" : undefined;
}

/** Where secrets stand in a resource, by the path of each; the value itself is never repeated. */
export function secretsIn(body: Block): readonly string[] {
  const harmless = block(body, "metadata")["annotations"];
  const excepted = text((harmless as Block | undefined)?.[NOT_SECRET_ANNOTATION]).split(",");
  const found: string[] = [];
  // One path for the whole walk, since nearly every step finds nothing.
  const path: string[] = [];
  const visit = (value: unknown, key: string): void => {
    if (typeof value === "string") {
      const secret = secretIn(key, value);
      if (secret !== undefined) found.push(`${path.join(".").replace(/\.\[/g, "[")} (${secret})`);
    } else if (typeof value === "object" && value !== null) {
      const list = Array.isArray(value);
      const { name } = value as Block;
      for (const inner in value) {
        // A pair such as { name: "DB_PASSWORD", value: "…" }: the name is the key.
        const named = !list && inner === "value" && typeof name === "string" ? name : inner;
        path.push(list ? `[${inner}]` : named);
        visit((value as Block)[inner], excepted.includes(named) ? "" : list ? key : named);
        path.pop();
      }
    }
  };
  visit(body, "");
  return found;
}

/** Arguments that hold nothing but secrets, whatever their keys are called. */
const SECRET_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  aws_secretsmanager_secret_version: ["secret_string", "secret_binary"],
  kubernetes_secret_v1: ["data", "binary_data"],
  kubernetes_secret: ["data", "binary_data"],
};

function secretArguments({ type, body }: ResourceModel): readonly string[] {
  if (type === "aws_ssm_parameter") {
    return body["type"] === "SecureString" && isLiteral(body["value"]) ? ["value (a literal secret)"] : [];
  }
  return (SECRET_ARGUMENTS[type] ?? [])
    .filter((argument) => isLiteral(body[argument]))
    .map((argument) => `${argument} (a literal secret)`);
}

function isLiteral(value: unknown): boolean {
  if (typeof value === "string") return value !== "" && !isReference(value);
  return typeof value === "object" && value !== null && Object.values(value).some(isLiteral);
}

/** What a template of a chart puts in comes from elsewhere, as Terraform's references do. */
const TEMPLATE = /\{\{[^{}]*\}\}/g;

/** The values of a Helm release as data: they stand as YAML texts in its `values`. */
function helmValues(values: unknown): readonly Block[] {
  return strings(values).flatMap((text): readonly Block[] => {
    const yaml = text.replaceAll(TEMPLATE, "${}");
    try {
      // Ours are JSON, which reads in a fraction of the time.
      const parsed: unknown = yaml.startsWith("{") ? JSON.parse(yaml) : parse(yaml);
      return typeof parsed === "object" && parsed !== null ? [parsed as Block] : [];
    } catch {
      return [{ unreadable: yaml }];
    }
  });
}

/** Charts that bring published secrets, and the value that switches each off. */
const CHART_DEFAULTS: Readonly<
  Record<string, readonly (readonly [path: string, isSafe: (value: unknown) => boolean])[]>
> = {
  concourse: [["secrets.create", (value) => value === false]],
  redash: [["redash.existingSecret", (value) => typeof value === "string" && value !== ""]],
};

const at = (values: Block, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (value, key) => (typeof value === "object" && value !== null ? (value as Block)[key] : undefined),
      values,
    );

/** Everything else that a stack renders, as if it were one resource per kind. */
function otherBlocks(stack: StackModel): readonly ResourceModel[] {
  return ["provider", "data", "output", "locals", "variable", "terraform"].map((kind) => ({
    type: kind,
    address: kind,
    path: stack.name,
    body: (stack.json[kind] ?? {}) as Block,
  }));
}

/** Resources and data sources whose values stand in Terraform's state, wherever they come from. */
const KEPT_VALUES = {
  resource: ["aws_secretsmanager_secret_version", "kubernetes_secret", "kubernetes_secret_v1"],
  data: [
    "aws_secretsmanager_random_password",
    "aws_secretsmanager_secret_version",
    "kubernetes_secret",
    "kubernetes_secret_v1",
  ],
} as const;

/** Rules on secrets: none may stand in what is synthesized, and those in Secrets Manager are kept well. */
export const secretsRules: readonly Rule[] = [
  {
    id: "NoLiteralSecret",
    citation: HIPAA.accessControl,
    fix: "put the secret into Secrets Manager, and name it here by ARN or reference",
    check: (stack) =>
      [...stack.resources, ...otherBlocks(stack)].flatMap((resource): readonly Violation[] => {
        const { values: yaml, ...arguments_ } = resource.body;
        const body = resource.type === "helm_release" ? { ...arguments_, values: helmValues(yaml) } : resource.body;
        const found = new Set([...secretArguments(resource), ...secretsIn(body)]);
        return found.size === 0 ? [] : [{ resource, problem: `holds ${[...found].join(", ")}` }];
      }),
  },
  {
    id: "NoSecretThroughTerraform",
    citation: HIPAA.accessControl,
    fix: "declare it in config/service-secrets.ts, and make a Kubernetes Secret of it with ServiceSecrets: a value is read by who needs it, never by Terraform",
    check: (stack) => [
      ...stack
        .ofType(...KEPT_VALUES.resource)
        .map((resource): Violation => ({ resource, problem: "has its value in Terraform's state" })),
      ...KEPT_VALUES.data.flatMap((type) =>
        Object.entries(block(block(stack.json, "data"), type)).map(([name, body]): Violation => {
          const metadata = block(block(body as Block, "//"), "metadata");
          const resource = { type, address: `data.${type}.${name}`, path: text(metadata["path"]), body: body as Block };
          return { resource, problem: "reads a value into Terraform's state" };
        }),
      ),
    ],
  },
  resourceRule({
    id: "ChartDefaultSecretReplaced",
    citation: HIPAA.accessControl,
    fix: "switch the chart's published secrets off and name a Secret of your own",
    types: ["helm_release"],
    problem: (release) => {
      const defaults = CHART_DEFAULTS[String(release.body["chart"])] ?? [];
      const values = helmValues(release.body["values"]);
      const kept = defaults.filter(([path, isSafe]) => !values.some((value) => isSafe(at(value, path))));
      return kept.length === 0
        ? undefined
        : `runs with the chart's published secrets: ${kept.map(([path]) => path).join(", ")}`;
    },
  }),
  resourceRule({
    id: "SecretsManagerUsingKMSKey",
    citation: HIPAA.encryptionAtRest,
    fix: "set kms_key_id to a customer-managed key",
    types: ["aws_secretsmanager_secret"],
    problem: ({ body }) =>
      text(body["kms_key_id"]) === "" || text(body["kms_key_id"]).includes("alias/aws/")
        ? "is not encrypted with a customer-managed key"
        : undefined,
  }),
  resourceRule({
    id: "SecretsManagerRotationEnabled",
    citation: "HIPAA 164.308(a)(4)(ii)(B)",
    fix: "give the secret an aws_secretsmanager_secret_rotation",
    types: ["aws_secretsmanager_secret"],
    problem: (secret, stack) =>
      stack.referring("aws_secretsmanager_secret_rotation", "secret_id", secret).length > 0
        ? undefined
        : "is not rotated",
  }),
];
