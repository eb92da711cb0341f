import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../config/load";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { TerraformOutput } from "../../constructs/shared/cdktf";
import { PolicyError } from "../../constructs/shared/policy/policy";
import type { BaseStack } from "../../stacks/base-stack";
import { deploymentFor, PROVIDER_VERSIONS } from "../../stacks/deployment";
import { buildProgram, synthesize } from "../../stacks/program";
import { requiredProviders } from "../../stacks/provider-lock";
import { PINNED_ADDRESSES } from "../../stacks/stateful-addresses";
import { render } from "./support";

const config = loadConfig();
const names = config.environments.map(({ name }) => name);
const cloud = deploymentFor(config.global, {});
const sandbox = {
  kind: "sandbox",
  stateDirectory: "/sandbox/state",
  emulator: {
    endpoint: "http://127.0.0.1:5000",
    configFile: "/sandbox/config",
    credentialsFile: "/sandbox/credentials",
  },
} as const;
const work = mkdtempSync(path.join(tmpdir(), "opsdx-program-"));
const first = path.join(work, "first");
const program = buildProgram(config, cloud, first);
const rendered = render(program.stacks);

afterAll(() => rmSync(work, { recursive: true }));

function files(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, "utf8")];
    }),
  );
}

test("each account that the program works in has a trail, threat detection, a recorder, analyzers and a hub of its own", () => {
  for (const type of [
    "aws_cloudtrail",
    "aws_guardduty_detector",
    "aws_config_configuration_recorder_status",
    "aws_accessanalyzer_analyzer",
    "aws_securityhub_account",
    "aws_budgets_budget",
  ]) {
    const holders = rendered.filter(({ resources }) =>
      resources.some((resource) => resource.type === type && resource.body["provider"] === undefined),
    );
    expect([type, ...holders.map(({ name }) => name)]).toEqual([
      type,
      "global",
      ...names.map((name) => `${name}-stage1`),
    ]);
  }
});

test("three stacks an environment beside the global one, each after what it needs", () => {
  expect(program.stacks.map(({ node }) => node.id)).toEqual([
    "global",
    ...names.flatMap((name) => [`${name}-stage1`, `${name}-stage2`, `${name}-stage3`]),
  ]);
  const dependencies = Object.fromEntries(
    program.stacks.map((stack) => [stack.node.id, stack.dependencies.map(({ node }) => node.id)]),
  );
  for (const name of names) {
    expect(dependencies).toMatchObject({
      global: [],
      [`${name}-stage1`]: ["global"],
      [`${name}-stage2`]: [`${name}-stage1`],
      [`${name}-stage3`]: ["global", `${name}-stage1`, `${name}-stage2`],
    });
  }
});

test("two synths write the same bytes", () => {
  const second = path.join(work, "second");
  synthesize(program);
  synthesize(buildProgram(config, cloud, second));
  // The global stack, the manifest, the facts, and for each environment three stacks and the code of four functions; charts beside.
  const own = Object.keys(files(first)).filter((file) => !/\/assets\/(?!.*\.zip$)/.test(file));
  expect(own).toHaveLength(3 + 7 * names.length);
  expect(files(second)).toEqual(files(first));
});

test("an unacknowledged finding stops the synth before a file is written, and every stack's findings come at once", () => {
  const folder = path.join(work, "refused");
  const open = buildProgram(config, cloud, folder);
  for (const stack of open.stacks.slice(0, 2)) new S3Bucket(stack, "Open", { bucket: "open" });
  const refused = (): void => synthesize(open);
  expect(refused).toThrow(PolicyError);
  expect(refused).toThrow(/global\/Open: S3Bucket[\s\S]*dev-stage1\/Open: S3Bucket/);
  expect(files(folder)).toEqual({});
});

test("is not written when something that holds data has vanished from it, unless it is for a plan, which tells of it", () => {
  const gone = { "dev-stage1": ["aws_db_instance.Gone_1A2B3C4D"] };
  const lost = { ...buildProgram(config, cloud, path.join(work, "lost")), pinned: gone };
  expect(() => synthesize(lost)).toThrow(
    /^dev-stage1:aws_db_instance\.Gone_1A2B3C4D is gone, and the next deploy would destroy it/,
  );
  expect(buildProgram(config, cloud).pinned).toBe(PINNED_ADDRESSES);
  expect(buildProgram(config, deploymentFor(config.global, { OPSDX_PLANNING: "1" })).pinned).toBeUndefined();
  expect(buildProgram(config, sandbox).pinned).toBeUndefined();
});

test("a reference to another stack's resource stops the synth: it would be passed without an export", () => {
  const folder = path.join(work, "stray");
  const stray = buildProgram(config, cloud, folder);
  const [first, second] = stray.stacks;
  const topic = new SnsTopic(first as BaseStack, "Stray", { name: "stray", kmsMasterKeyId: "alias/any" });
  new TerraformOutput(second as BaseStack, "Topic", { value: topic.arn });
  expect(() => synthesize(stray)).toThrow(
    `what another stack owns comes through its exports: ${second?.node.id ?? ""}: aws_sns_topic.Stray`,
  );
  expect(files(folder)).toEqual({});
});

describe.each([
  ["cloud", rendered],
  ["sandbox", render(buildProgram(config, sandbox).stacks)],
] as const)("in the %s", (_, models) => {
  test.each(models.map((model) => [model.name, model] as const))(
    "%s refers to nothing that is not there, and requires no provider but at its exact version",
    (__, model) => {
      const declared = new Set(model.resources.map(({ address }) => address));
      const text = JSON.stringify([model.json["resource"], model.json["output"]]);
      const references = [...text.matchAll(/(?<![\w.])(aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)\./g)].map(
        ([, address]) => address,
      );
      expect(references.filter((address) => !declared.has(address ?? ""))).toEqual([]);
      expect(PROVIDER_VERSIONS).toMatchObject(requiredProviders(model.json));
    },
  );
});

test("every stack refuses a wrong account and asks for a Terraform that locks state in S3", () => {
  for (const { json, name } of rendered) {
    const owner = name.split("-")[0] ?? "";
    const account =
      owner === "global" ? config.global.account : config.environments.find((env) => env.name === owner)?.account;
    expect(json["provider"]).toMatchObject({
      aws: expect.arrayContaining([{ ...anyProvider, allowed_account_ids: [account?.id] }]) as unknown,
    });
    expect(json["terraform"]).toMatchObject({
      backend: { s3: { key: `${owner}/${name}.tfstate`, use_lockfile: true, encrypt: true } },
      required_version: ">= 1.10.0",
      required_providers: { aws: { version: "= 5.100.0" } },
    });
  }
});

const anyProvider = { region: "us-east-1", default_tags: expect.anything() as unknown };

test("no environment's resource names another environment", () => {
  const text = (name: string): string =>
    JSON.stringify(rendered.filter((model) => model.name.startsWith(name)).map(({ json }) => json));
  for (const name of names) {
    for (const other of names.filter((each) => each !== name)) expect(text(`${name}-`)).not.toContain(`opsdx-${other}`);
  }
  expect(names.length).toBeGreaterThan(1);
});

// Nothing that Terraform can name begins with a capital: it is a variable of a shell, whose `${` must be written `$${`.
test("no text has a variable in it that Terraform would look for", () => {
  const wrong = rendered.flatMap(({ json, name }) =>
    [...JSON.stringify(json).matchAll(/(?<!\$)\$\{[A-Z_][^}]{0,40}\}?/g)].map(([text]) => `${name}: ${text}`),
  );
  expect(wrong).toEqual([]);
  expect(JSON.stringify(rendered.map(({ json }) => json))).toMatch(/\$\$\{[A-Z]/);
});
