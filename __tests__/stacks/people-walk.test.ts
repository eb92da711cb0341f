import { readFileSync } from "node:fs";
import path from "node:path";
import { loadConfig } from "../../config/load";
import { clusterIdentities } from "../../config/cluster-identities";
import { etlNames } from "../../constructs/stage3/etl/etl-names";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram } from "../../stacks/program";
import { decide, namedPolicy, trusts, type NamedPolicy } from "../../constructs/shared/policy/evaluate";
import { breakGlassTrust, takeOnPolicy } from "../../tools/people/setup";
import { administratorProfile } from "../../tools/people/profiles";
import { render, type Synthesized } from "../support";

/**
 * Each person of the README's "Use it for real", step by step: signed in with the profile that the step names, does every role that the
 * step takes on let them in, and may they ask for it?
 */

const config = loadConfig();
const { global, environments } = config;
const stacks = new Map(
  buildProgram(config, deploymentFor(global, {})).stacks.map((stack) => [stack.node.id, render(stack)] as const),
);
const stackOf = (name: string): Synthesized => {
  const stack = stacks.get(name);
  if (stack === undefined) throw new Error(`no stack ${name}`);
  return stack;
};

/** Somebody who has signed in. */
interface Person {
  readonly account: string;
  /** ARN of the role, with its path, as `aws:PrincipalArn` has it. */
  readonly arn: string;
  readonly policies: readonly NamedPolicy[];
}

const EVERYTHING = namedPolicy(
  "AdministratorAccess",
  '{"Version":"2012-10-17","Statement":[{"Sid":"All","Effect":"Allow","Action":["*"],"Resource":["*"]}]}',
);
/** A permission set's role, as Identity Center makes it in us-east-1 and elsewhere. */
const signedIn = (account: string, set: string, policy: NamedPolicy, place = ""): Person => ({
  account,
  arn: `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/${place}AWSReservedSSO_${set}_0123456789abcdef`,
  policies: [policy],
});
const administrator = (account: string, place?: string) => signedIn(account, "AdministratorAccess", EVERYTHING, place);
const operator = (account: string) =>
  signedIn(account, "OpsdxEtlOperator", namedPolicy("TakeOn", takeOnPolicy(config, "etlOperators")));
const reader = (account: string) =>
  signedIn(account, "OpsdxReader", namedPolicy("TakeOn", takeOnPolicy(config, "readers")));
const breakGlass = (account: string): Person => ({
  account,
  arn: `arn:aws:iam::${account}:role/OrganizationAccountAccessRole`,
  policies: [EVERYTHING],
});
const stranger = (account: string) => signedIn(account, "Billing", EVERYTHING);

/** Trust of a role, by its ARN: of any stack, or of the role that AWS Organizations made. */
function trustOf(arn: string, settings = config): NamedPolicy {
  const [, account = "", name = ""] = /^arn:aws:iam::(\d+):role\/(.*)$/.exec(arn) ?? [];
  if (name === "OrganizationAccountAccessRole") return namedPolicy(name, breakGlassTrust(settings));
  const found = [...stacks].flatMap(([stack, model]) =>
    model.ofType("aws_iam_role").filter(({ body }) => {
      const provider = /^aws\.(.*)$/.exec(String(body["provider"]))?.[1];
      const owner = provider ?? stack.replace(/-stage\d$/, "");
      const id = owner === "global" ? global.account.id : environments.find((each) => each.name === owner)?.account.id;
      return id === account && body["name"] === name;
    }),
  );
  expect(found).toHaveLength(1);
  return namedPolicy(name, found[0]?.body["assume_role_policy"]);
}

/** Whether a person gets a role: it trusts them, and they may ask for it. */
function gets({ account, arn, policies }: Person, role: string, settings = config): boolean {
  const context = { "aws:PrincipalArn": arn, "aws:PrincipalAccount": account };
  return (
    trusts(trustOf(role, settings), { principal: ["AWS", arn], action: "sts:AssumeRole", context }) &&
    decide({ policies }, { action: "sts:AssumeRole", resource: role, context }).allowed
  );
}

/** The roles that a stack's providers assume, while planning and while applying. */
function assumedBy(stack: string): readonly string[] {
  const { provider, variable } = stackOf(stack).json as {
    provider: { aws: { assume_role?: { role_arn: string }[] }[] };
    variable?: Record<string, { default: string }>;
  };
  return provider.aws
    .flatMap(({ assume_role: assumed = [] }) => assumed)
    .flatMap(({ role_arn: arn }) => [...arn.matchAll(/arn:[^"]+/g)].map(([each]) => each))
    .map((arn) => arn.replace("${var.member_role}", variable?.["member_role"]?.default ?? ""));
}

const clusterRole = (stack: string): string =>
  String((stackOf(stack).json as { variable: Record<string, { default: string }> }).variable["cluster_role"]?.default);

const envs = environments.map((environment) => [environment.name, environment] as const);

describe.each([
  ["an administrator", administrator],
  ["an administrator by an Identity Center elsewhere", (id: string) => administrator(id, "us-east-1/")],
  ["the break-glass role", breakGlass],
] as const)("%s", (_, person) => {
  it.each(envs)(
    "diffs and deploys %s-stage1: reads and writes the delegation in the apex zone",
    (name, { account }) => {
      const roles = assumedBy(`${name}-stage1`);
      expect(roles).toEqual([
        `arn:aws:iam::${global.account.id}:role/opsdx-dns-delegation-${name}`,
        `arn:aws:iam::${global.account.id}:role/opsdx-dns-delegation-${name}-read`,
      ]);
      for (const role of roles) expect([role, gets(person(account.id), role)]).toEqual([role, true]);
    },
  );

  it.each(envs)("deploys %s-stage2 as who signed in", (name) => expect(assumedBy(`${name}-stage2`)).toEqual([]));

  it.each(envs)("deploys %s-stage3: is an administrator of every cluster", (name, environment) => {
    const role = clusterRole(`${name}-stage3`);
    expect(gets(person(environment.account.id), role)).toBe(true);
    for (const cluster of Object.keys(environment.clusters)) {
      const known = clusterIdentities(environment, cluster).find(({ roleName }) => role.endsWith(`/${roleName}`));
      expect(known?.groups).toEqual(["system:masters"]);
    }
  });

  it.each(envs)("operates the ETLs of %s, and looks, too", (name, { account }) => {
    for (const role of [`opsdx-${name}-etl-operator`, "opsdx-people-readers"]) {
      expect([role, gets(person(account.id), `arn:aws:iam::${account.id}:role/${role}`)]).toEqual([role, true]);
    }
  });
});

describe("global", () => {
  const members = environments.map(({ account }) => `arn:aws:iam::${account.id}:role/OrganizationAccountAccessRole`);
  const same = { ...config, global: { ...global, managementAccount: global.account.id } };

  it("works in each environment's account as the break-glass role", () => expect(assumedBy("global")).toEqual(members));

  it.each(members)("is deployed by its administrators through %s, as `people setup` makes its trust", (role) => {
    expect(gets(administrator(global.account.id), role)).toBe(true);
    expect(gets(reader(global.account.id), role)).toBe(false);
    expect(gets(stranger(global.account.id), role)).toBe(false);
  });

  it.each(members)("is deployed from the management account without a change to %s", (role) => {
    expect(gets(administrator(global.account.id), role, same)).toBe(true);
  });

  it("cannot be deployed from another account while that role trusts what Organizations made it trust", () => {
    const management = { ...global, account: { ...global.account, id: global.managementAccount } };
    const untouched = namedPolicy("by Organizations", breakGlassTrust({ global: management }));
    const lets = ({ arn }: Person): boolean =>
      trusts(untouched, { principal: ["AWS", arn], action: "sts:AssumeRole", context: { "aws:PrincipalArn": arn } });
    expect(lets(administrator(global.managementAccount))).toBe(true);
    expect(lets(administrator(global.account.id))).toBe(false);
  });
});

describe.each(envs)("in %s", (name, environment) => {
  const { account, clusters } = environment;
  const inAccount = (role: string): string => `arn:aws:iam::${account.id}:role/${role}`;
  const delegation = `arn:aws:iam::${global.account.id}:role/opsdx-dns-delegation-${name}`;
  const administrators = inAccount("opsdx-people-administrators");
  const operators = inAccount(`opsdx-${name}-etl-operator`);
  const readers = inAccount("opsdx-people-readers");

  it("operators of ETLs operate ETLs, on the clusters that run them, and nothing else", () => {
    expect(gets(operator(account.id), operators)).toBe(true);
    for (const role of [administrators, readers, delegation]) expect(gets(operator(account.id), role)).toBe(false);
    const knowing = Object.keys(clusters).filter((cluster) =>
      clusterIdentities(environment, cluster).some(
        ({ roleName, groups }) => operators.endsWith(`/${roleName}`) && groups.join() === "opsdx:etl-operators",
      ),
    );
    expect(knowing).toEqual(["k8s", "k8s-ml"]);
  });

  it("operators of ETLs may what `opsdx etl` asks of AWS, below the boundary, and may not read elsewhere", () => {
    const own = (stack: string, provider?: string): NamedPolicy["statements"] =>
      stackOf(stack)
        .ofType("aws_iam_policy")
        .filter(({ body }) => body["provider"] === provider)
        .flatMap(({ body }) => {
          const wanted = provider === undefined ? `opsdx-${name}-etl-operator` : "opsdx-boundary";
          return body["name"] === wanted ? namedPolicy(wanted, body["policy"]).statements : [];
        });
    const role = {
      policies: [{ name: "operator", statements: own(`${name}-stage3`) }],
      boundary: { name: "opsdx-boundary", statements: own("global", `aws.${name}`) },
    };
    const context = { "aws:PrincipalArn": operators };
    const may = (action: string, resource: string, more = {}): boolean =>
      decide(role, { action, resource, context: { ...context, ...more } }).allowed;
    const here = (service: string): string => `arn:aws:${service}:${account.region}:${account.id}`;
    const etl = environment.etls["epic2op"];
    if (etl === undefined) throw new Error("no ETL epic2op");
    const { failedQueue, functionName, logGroup, schedule, scheduleRole } = etlNames(name, "epic2op", etl);
    expect(may("lambda:InvokeFunction", `${here("lambda")}:function:${functionName}:live`)).toBe(true);
    for (const action of ["scheduler:GetSchedule", "scheduler:UpdateSchedule"]) {
      expect([action, may(action, `${here("scheduler")}:schedule/opsdx-${name}-etl/${schedule}`)]).toEqual([
        action,
        true,
      ]);
    }
    const passed = { "iam:PassedToService": "scheduler.amazonaws.com" };
    expect(may("iam:PassRole", inAccount(scheduleRole), passed)).toBe(true);
    expect(may("sqs:ReceiveMessage", `${here("sqs")}:${failedQueue}`)).toBe(true);
    expect(may("logs:FilterLogEvents", `${here("logs")}:log-group:${logGroup}:*`)).toBe(true);
    expect(may("logs:FilterLogEvents", `${here("logs")}:log-group:opsdx-${name}-cloudtrail:*`)).toBe(false);
    expect(may("iam:PassRole", inAccount(`opsdx-ci-apply-${name}`), passed)).toBe(false);
    expect(may("secretsmanager:GetSecretValue", `${here("secretsmanager")}:secret:opsdx/${name}/x`)).toBe(false);
  });

  it("readers look, and nothing else", () => {
    expect(gets(reader(account.id), readers)).toBe(true);
    for (const role of [administrators, operators, delegation]) expect(gets(reader(account.id), role)).toBe(false);
  });

  it("nobody else gets any of the roles, whatever rights they have", () => {
    const likeness = signedIn(account.id, "AdministratorAccess_x", EVERYTHING);
    const elsewhere = administrator("999999999999");
    for (const role of [administrators, operators, readers, delegation, `${delegation}-read`]) {
      for (const person of [stranger(account.id), likeness, elsewhere]) {
        expect([role, person.arn, gets(person, role)]).toEqual([role, person.arn, false]);
      }
    }
  });
});

const readme = readFileSync(path.resolve(__dirname, "../../README.md"), "utf8");
const steps = readme.slice(readme.indexOf("## Use it for real"), readme.indexOf("## Contribute"));

it("the README's steps name the profile of each", () => {
  const used = [...steps.matchAll(/AWS_PROFILE=(\S+?)`/g)].map(([, profile]) => profile);
  expect(used).toEqual([
    administratorProfile("global"),
    administratorProfile("dev"),
    `${administratorProfile("dev")}-clusters`,
    `${administratorProfile("dev")}-etl`,
  ]);
});

it("the README's steps delegate the apex before a certificate needs it, and watch endpoints once they are there", () => {
  const order = [
    "npx cdktf deploy global",
    `dig +trace ${global.domain} NS`,
    "`live: false`",
    "npx cdktf deploy dev-stage1",
    "npx cdktf deploy dev-stage3",
    "`live: true`",
  ].map((words) => steps.indexOf(words));
  expect(order).not.toContain(-1);
  expect(order).toEqual([...order].sort((a, b) => a - b));
});
