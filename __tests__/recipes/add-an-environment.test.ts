import { StackModel } from "../../constructs/shared/policy/model";
import type { Loose } from "../config/support";
import { changesOf, typesOf } from "./changes";
import { build, edited } from "./support";

/** What tells one environment from another in the text of its file. */
const STAGING: readonly (readonly [RegExp, string])[] = [
  [/444455556666/g, "222233334444"],
  [/"10\.0\./g, '"10.32.'],
  [/\bdev\b/g, "staging"],
];

/** A copy of dev under its own name, without the settings named. */
function stagingWithout(...left: readonly string[]): Loose {
  const text = JSON.stringify(edited([]).environments["dev"]);
  const staging = JSON.parse(STAGING.reduce((all, [from, to]) => all.replace(from, to), text)) as Loose;
  return Object.fromEntries(Object.entries(staging).filter(([setting]) => !left.includes(setting)));
}

it("leaves the others as they are, and tells global of the new account", () => {
  const input = edited([]);
  const staging = stagingWithout("concourse");
  const before = build(input);
  const after = build({ ...input, environments: { ...input.environments, staging } });
  expect(Object.keys(after.stacks).filter((stack) => !(stack in before.stacks))).toEqual([
    "staging-stage1",
    "staging-stage2",
    "staging-stage3",
  ]);
  for (const stack of Object.keys(before.stacks).filter((name) => name !== "global")) {
    expect(JSON.stringify(after.stacks[stack])).toBe(JSON.stringify(before.stacks[stack]));
  }
  const { added, changed, removed } = changesOf(before, after, "global");
  expect(removed).toEqual([]);
  expect(typesOf(added)).toEqual([
    "aws_backup_vault",
    "aws_backup_vault_lock_configuration",
    "aws_backup_vault_policy",
    "aws_cloudwatch_metric_alarm",
    "aws_iam_openid_connect_provider",
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_role_policy_attachment",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_s3_bucket_metric",
  ]);
  expect(typesOf(changed)).toEqual([
    "aws_cloudwatch_composite_alarm",
    "aws_ecr_repository_policy",
    "aws_iam_policy",
    "aws_kms_key",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_policy",
    "output",
    "provider.aws",
  ]);
  expect(after.open).toEqual([]);
});

/** Services that an environment may have or not. */
const SERVICES = ["concourse", "grafana", "prometheus", "redash"];

it.each([[SERVICES], [["concourse", "grafana"]], [["concourse", "prometheus"]], [["concourse", "redash"]]])(
  "is whole without %j",
  (left) => {
    const input = edited([]);
    const staging = stagingWithout(...left);
    if (left === SERVICES) delete (staging["databases"] as Loose)["services"];
    const { open, stacks } = build({ ...input, environments: { ...input.environments, staging } }, ["staging"]);
    expect(open).toEqual([]);
    const releases = new StackModel("", stacks["staging-stage3"] ?? {})
      .ofType("helm_release")
      .map(({ body }) => String(body["name"]));
    for (const service of SERVICES) {
      expect([service, releases.includes(service)]).toEqual([service, !left.includes(service)]);
    }
  },
);
