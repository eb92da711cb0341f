import { AWS_REGIONS } from "../../config/schema/primitives";

/** Texts that some reader of what is synthesized takes for something else: Terraform, cdktf, Kubernetes, YAML, JavaScript, a shell. */
export const HOSTILE_TEXTS = [
  "${var.x}",
  "https://x/${HOST}/a",
  "$${escaped}",
  "$$${thrice}",
  "$${",
  "%{+YYYY}",
  "%{ if true }a%{ endif }",
  "%%{x}",
  "100 % {sure} $ {really}",
  "$(HOME) $$(HOME) $$$(X)",
  "${TfToken[TOKEN.7]}",
  "TfToken[TOKEN.7]",
  "#{TfToken[TOKEN.7]}",
  '"; drop \\"quoted\\" \\n',
  "line one\nline two ${x}",
  "`id` $(id) 'quoted'",
  "ümläut → 日本",
];

/** Names that every JavaScript object has, or that YAML takes for something else than a text. */
export const HOSTILE_NAMES = [
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "y",
  "on",
  "off",
  "no",
  "null",
  "true",
  "1e3",
  "1_000",
  "0o7",
  "012",
  "0x1f",
  "12:30:00",
  "2026-11-28",
  "a",
  "1",
  "web2",
  "default",
];

const TEXTS: readonly unknown[] = ["", " ", ...HOSTILE_TEXTS, ...HOSTILE_NAMES, "~", ".5", "a".repeat(300), 7, null];

/** A number that cdktf takes for a token. */
const TOKEN_NUMBER = -1.888_154_589_709_05e289;

const numbersNear = (value: number): readonly unknown[] => [
  ...[0, 1, 2, 3, 5, 7, 10, 25, 50, 60, 100, 999, 3600, 7200, 86_400, 259_200, 604_800, 2_592_000, 2_000_000_000],
  ...[value - 1, value + 1, value * 2, value * 3, value * 10, Math.ceil(value / 2), Math.ceil(value / 10)],
  ...[-1, 1.5, Number.NaN, Infinity, TOKEN_NUMBER, "7", "${7}"],
];

/** Words of the same kind as a value: what somebody might type instead. */
function siblingsOf(value: string): readonly unknown[] {
  if (AWS_REGIONS.includes(value)) return AWS_REGIONS;
  if (/^[\d.]+\/\d+$/.test(value)) return ["10.0.0.0/8", "10.0.0.0/20", "192.168.0.0/16", "172.31.0.0/28", "0.0.0.0/0"];
  if (/^\d{12}$/.test(value)) return ["000000000000", "123456789012"];
  if (value.startsWith("cron(")) {
    return ["cron(0 9 ? * MON *)", "cron(0 9 1 * ? *)", "cron(0/5 * * * ? *)", "cron(0 9 * * ? 2027)", "rate(1 day)"];
  }
  if (/^\d{2}:\d{2}$/.test(value)) return ["00:00", "23:59", "12:00", "9:00"];
  if (/^(t3|m[567]i?|g5)\./.test(value)) return ["t3.medium", "m5.2xlarge", "g5.2xlarge", "m7i.xlarge"];
  if (value.startsWith("db.")) return ["db.t4g.micro", "db.r8g.16xlarge", "db.m6i.2xlarge"];
  if (/^\d+(m|Mi|Gi)?$/.test(value)) return ["1m", "1", "100m", "2000m", "1Mi", "1Gi", "9Gi", "14", "18"];
  if (/^\d+\.\d+\.\d+$/.test(value)) return ["1.31.0", "1.35.99", "1.36.10", "01.36.3"];
  if (value.startsWith("/")) return ["/a?b=${c}", "/%{x}", "/ready", "//"];
  if (value.includes("@sha256:")) return [value.replace(/^[^@]+/, "trews-etl"), value.replace("trews", "trew")];
  if (value.includes("@")) return ["a+b@opsdx.io", "a@b"];
  if (value.includes(".")) return ["a.dev.opsdx.io", "dev.opsdx.io", `${"a".repeat(40)}.dev.opsdx.io`, "opsdx.com"];
  return [];
}

/** What may stand in place of a value of the configuration: plausible, wrong, and hostile. */
export function insteadOf(value: unknown): readonly unknown[] {
  if (typeof value === "number") return numbersNear(value);
  if (typeof value === "boolean") return [!value, "true", "yes", null];
  if (typeof value === "string") return [...siblingsOf(value), ...TEXTS];
  if (Array.isArray(value)) {
    const list = value as unknown[];
    return [
      [],
      [...list, ...list],
      [...list].reverse(),
      list.slice(1),
      ["constructor"],
      [null],
      "list",
      ...HOSTILE_TEXTS.map((text) => [text]),
    ];
  }
  return [undefined, {}, [], null, "text", 7];
}

/** Settings that an environment may have and has not, below its file's top. */
export const ADDITIONS: readonly (readonly [path: readonly string[], values: readonly unknown[]])[] = [
  ...["NOTE", "URL", "constructor", "_"].flatMap((name) => [
    [["web", "env"], HOSTILE_TEXTS.map((text) => ({ [name]: text }))] as const,
    [["etls", "epic2op", "env"], HOSTILE_TEXTS.map((text) => ({ [name]: text }))] as const,
  ]),
  [["clusters", "k8s", "nodeGroups", "nodes", "labels"], HOSTILE_NAMES.map((name) => ({ [name]: name }))],
  [["clusters", "k8s", "nodeGroups", "etl", "labels", "flag"], HOSTILE_NAMES],
  [
    ["clusters", "k8s-ml", "nodeGroups", "nodes", "taints"],
    HOSTILE_NAMES.map((name) => [`${name}=${name}:PreferNoSchedule`]),
  ],
  [
    ["clusters", "k8s", "nodeGroups", "nodes", "maxInstanceLifetimeDays"],
    [1, 7, 365],
  ],
  [
    ["clusters", "k8s", "nodeGroups", "web", "zones"],
    [["us-east-1a"], ["us-east-1d", "us-east-1a"]],
  ],
  ...HOSTILE_NAMES.map(
    (name) =>
      [
        ["clusters", "k8s", "nodeGroups", name],
        [{ machineType: "t3.large", minSize: 0, maxSize: 1, labels: { for: "tests" } }],
      ] as const,
  ),
  [
    ["audit", "replicaRegion"],
    ["us-west-2", "us-east-1"],
  ],
  [["databases", "db", "replicaRegion"], ["us-west-2"]],
  [["databases", "db", "applyImmediately"], [true]],
  [["network", "zones", "us-east-1b"], [3, 4, 5].map((slot) => ({ slot }))],
  [["dns", "healthChecks", "other"], [{ host: "other", path: "/${x}", live: true }]],
  [
    ["etls", "op2dw", "renamedFrom"],
    ["op2dwh", "op2dw", "c2dw", "all", "Op2dwh", ...HOSTILE_NAMES],
  ],
  [
    ["etls", "op2dw", "functionName"],
    ["opsdx-dev-op2dwh-etl-lambda", "opsdx-dev-etl-lambda"],
  ],
  [
    ["etls", "op2dw", "logStream"],
    ["kubernetes/default/op2dwh/dev", "kubernetes/default/epic2op/dev"],
  ],
  [["web", "pings", "stacks", "constructor"], [{ source: "constructor" }]],
];
