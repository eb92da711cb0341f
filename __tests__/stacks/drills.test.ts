import type { AlarmFacts } from "../../constructs/shared/observability/alarm";
import { drillsOf } from "../../constructs/stage3/drills/catalogue";
import { drillFaults, type Drill } from "../../constructs/stage3/drills/drill";
import { WAIVED } from "../../constructs/stage3/drills/waivers";
import { deploymentFor } from "../../stacks/deployment";
import { checkDrills, coverageOf } from "../../stacks/drills";
import { buildProgram } from "../../stacks/program";
import { alarmsOf } from "../../stacks/thresholds";
import { oneEnvironment } from "../config/support";
import { letsAccount } from "../constructs/global/support";
import { render } from "./support";

const config = oneEnvironment();
const { stacks } = buildProgram(config, deploymentFor(config.global, {}));
const alarms = alarmsOf(stacks);
const [dev] = config.environments;
if (dev === undefined) throw new Error("no environment");
const catalogue = drillsOf(dev, config.global.buckets.terraformState);
const [podKill] = catalogue;
if (podKill?.injection.kind !== "chaoskube") throw new Error("the first drill kills no pods");

/** What is said when one drill is otherwise. */
function faults(changes: Partial<Drill>, name = "web-pod-kill"): string {
  const drills = catalogue.map((drill) => (drill.name === name ? { ...drill, ...changes } : drill));
  try {
    checkDrills(config, stacks, () => drills);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("the drills of the program", () => {
  it("name alarms that exist, a stop condition, and what they take back", () => {
    expect(faults({})).toBe("");
    expect(drillFaults(catalogue)).toEqual([]);
  });

  it("are refused where they name an alarm that does not exist, with the nearest", () => {
    const fires = [{ alarm: "web-no-healthy-targets", withinMinutes: 5 }];
    expect(faults({ fires })).toContain(
      'drill web-pod-kill: fires must name alarms of opsdx-dev, got "web-no-healthy-targets"; the nearest is "web-no-healthy-target"',
    );
    expect(faults({ stop: ["nobody"] })).toMatch(
      /drill web-pod-kill: stop must name alarms of opsdx-dev, got "nobody"/,
    );
  });

  it("are refused where Prometheus evaluates what FIS should stop at, or what CloudWatch is asked for", () => {
    expect(faults({ stop: ["k8s-pods-pending"] })).toBe(
      "drill web-pod-kill: stop must say who evaluates an alarm: Prometheus evaluates opsdx-dev-k8s-pods-pending",
    );
  });

  it.each<[string, Partial<Drill>, string]>([
    ["a stop condition", { stop: [] }, "stop must name an alarm: a drill without a stop condition is an outage"],
    ["a steady state", { steady: [] }, "steady must hold a query"],
    ["alarms", { fires: [] }, "fires must name an alarm: what nobody is told of is not detected"],
    ["time to recover", { recoverWithinMinutes: 1 }, "fires must be within recoverWithinMinutes, 1"],
    [
      "a namespace of its own",
      { injection: { ...podKill.injection, kind: "chaoskube", namespace: "kube-system" } as Drill["injection"] },
      "injection.namespace must not be one of Kubernetes' own",
    ],
  ])("are refused without %s", (_, changes, fault) => {
    expect(faults(changes)).toContain(`drill web-pod-kill: ${fault}`);
  });

  it("rehearse every alarm that wakes somebody, or say why not; one that is neither is named", () => {
    const loud = { ...(alarms[0] as AlarmFacts), kind: "brand-new", severity: "page" as const };
    expect(coverageOf(config, [...alarms, loud])).toContainEqual({ kind: "brand-new", drills: [] });
    for (const { drills, kind, waived } of coverageOf(config, alarms)) {
      expect([kind, drills.length > 0 || (waived ?? "").length > 40]).toEqual([kind, true]);
    }
    expect(faults({ fires: [{ alarm: "web-target-unhealthy", withinMinutes: 5 }] }, "etl-freshness-stopped")).toBe(
      'alarms "etl-freshness-silent" wake somebody, and no drill makes one fire: add one to constructs/stage3/drills, or say why not in waivers.ts',
    );
  });

  it("waive nothing that a drill rehearses, and nothing that is not there", () => {
    const kinds = [...new Set(alarms.map(({ kind }) => kind))];
    for (const pattern of Object.keys(WAIVED)) {
      expect([pattern, kinds.some((kind) => new RegExp(`^(${pattern})$`).test(kind))]).toEqual([pattern, true]);
    }
    expect(
      faults({
        fires: [
          { alarm: "web-elb-5xx", withinMinutes: 5 },
          { alarm: "web-5xx-rate", withinMinutes: 5 },
          { alarm: "web-connections-rejected", withinMinutes: 5 },
        ],
      }),
    ).toContain("is rehearsed by web-pod-kill: take the waiver away");
  });
});

describe("the commands of drills", () => {
  const models = render(stacks);
  const values = (type: string, argument: string): string[] =>
    models.flatMap((model) => model.ofType(type).map(({ body }) => String(body[argument])));
  const texts = catalogue.flatMap(({ evidence, injection, steady }) => [
    ...steady.map(({ command }) => command.command),
    ...evidence.map(({ command }) => command),
    ...(injection.kind === "commands"
      ? [...(injection.target === undefined ? [] : [injection.target]), ...injection.inject, ...injection.undo].map(
          ({ command }) => command,
        )
      : []),
  ]);
  const named = (pattern: RegExp): string[] => [
    ...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = ""]) => name))),
  ];

  it.each<[string, RegExp, string, string]>([
    ["queues", /get-queue-url --queue-name (\S+)/g, "aws_sqs_queue", "name"],
    ["functions", /--function-name (\S+)/g, "aws_lambda_function", "function_name"],
    ["secrets", /--secret-id (\S+)/g, "aws_secretsmanager_secret", "name"],
    ["databases", /--db-instance-identifier (opsdx-dev-(?:db|dw))(?= )/g, "aws_db_instance", "identifier"],
    ["vaults", /--backup-vault-name (\S+)/g, "aws_backup_vault", "name"],
    ["roles", /iam get-role --role-name (\S+)/g, "aws_iam_role", "name"],
  ])("name %s that the program makes", (_, pattern, type, argument) => {
    const names = named(pattern);
    expect(names.length).toBeGreaterThan(0);
    expect(values(type, argument)).toEqual(expect.arrayContaining(names));
  });

  it("name templates of Jobs that the program makes", () => {
    const made = models.flatMap((model) =>
      model.ofType("kubernetes_cron_job_v1").map(({ body }) => (body["metadata"] as { name: string }).name),
    );
    expect(named(/--from=cronjob\/(\S+)/g)).toEqual(["wait-for-node", "fill-volume"]);
    expect(made).toEqual(expect.arrayContaining(["wait-for-node", "fill-volume"]));
  });

  it("ask of the bucket of states what its policy gives the environment", () => {
    const { terraformState: bucket } = config.global.buckets;
    const key = "dev/dev-stage3.tfstate";
    const policy = models
      .flatMap((model) => model.ofType("aws_s3_bucket_policy"))
      .map(({ body }) => String(body["policy"]))
      .find((text) => text.includes("EnvironmentsReadGlobalOutputs"));
    const may = (action: string): boolean => letsAccount(policy, dev.account.id, action, bucket, key);
    const asked = texts.filter((text) => text.includes(bucket));
    const rights: readonly (readonly [RegExp, string])[] = [
      [new RegExp(`s3api head-object --bucket ${bucket} --key ${key} `), "s3:GetObject"],
      [new RegExp(`--copy-source "${bucket}/${key}\\?versionId=`), "s3:GetObjectVersion"],
      [new RegExp(`s3 cp s3://${bucket}/${key} - `), "s3:GetObject"],
    ];
    for (const text of asked) {
      const needed = rights.filter(([pattern]) => pattern.test(text)).map(([, right]) => right);
      expect([text, text.split(bucket).length - 1, needed.map(may)]).toEqual([
        text,
        needed.length,
        needed.map(() => true),
      ]);
    }
    expect(new Set(asked).size).toBe(3);
    expect(may("s3:DeleteObject")).toBe(false);
  });

  it("name route tables that the program makes", () => {
    const tags = models.flatMap((model) =>
      model.ofType("aws_route_table").map(({ body }) => (body["tags"] as Record<string, string>)["Name"]),
    );
    expect(tags).toEqual(expect.arrayContaining(named(/Values=(opsdx-dev-private-\S+)/g)));
  });
});
