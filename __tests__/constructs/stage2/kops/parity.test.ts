import { readFileSync } from "node:fs";
import path from "node:path";
import { renderManifest } from "../../../../constructs/stage2/kops/manifest";
import { compare, describe as describeDifference, readKopsTerraform, unexplained } from "../../../../tools/kops/parity";
import { PARITY_CONFIG, resourcesOf, specOf, synthCluster } from "./support";

const REFERENCE = path.join(__dirname, "../../../data/kops-k8s-dev");

test("the dev cluster equals what kops 1.36.2 declares, resource by resource and argument by argument", async () => {
  const { resources: kops } = await readKopsTerraform(REFERENCE);
  const differences = compare(kops, resourcesOf(synthCluster(specOf(PARITY_CONFIG))));
  expect(unexplained(differences).map(describeDifference)).toEqual([]);
  // Nothing hides behind a reason: of eight groups the user data, the metrics and the lifecycle, six ways out
  // of kops' and seven of this program's, and the descriptions of the twelve rules that both have.
  const count = (type: string, argument?: string) =>
    differences.filter((each) => each.resource.startsWith(`${type}[`) && each.argument === argument).length;
  const ways = differences.filter(({ resource }) => resource.startsWith('aws_security_group_rule["egress"'));
  expect({
    userData: count("aws_launch_template", "user_data"),
    metrics: count("aws_autoscaling_group", "enabled_metrics"),
    groupLifecycle: count("aws_autoscaling_group", "lifecycle"),
    theirWaysOut: ways.filter(({ ours }) => ours === undefined).length,
    ourWaysOut: ways.filter(({ kops: theirs }) => theirs === undefined).length,
    descriptions: count("aws_security_group_rule", "description"),
  }).toEqual({
    userData: 8,
    metrics: 8,
    groupLifecycle: 8,
    theirWaysOut: 6,
    ourWaysOut: 7,
    descriptions: 12,
  });
  expect(differences).toHaveLength(8 + 8 + 8 + 6 + 7 + 12);
  expect(Object.values(kops).flatMap((instances) => Object.keys(instances))).toHaveLength(88);
});

test("the reference was made from what this program tells kops today", () => {
  expect(renderManifest(specOf(PARITY_CONFIG))).toBe(readFileSync(path.join(REFERENCE, "manifest.yaml"), "utf8"));
});

test("a setting that differs is found, with both values", async () => {
  const { resources: kops } = await readKopsTerraform(REFERENCE);
  const spec = specOf(PARITY_CONFIG);
  const changed = resourcesOf(
    synthCluster({ ...spec, config: { ...spec.config, etcd: { ...spec.config.etcd, volumeGib: 30 } } }),
  );
  const sizes = unexplained(compare(kops, changed)).filter(({ argument }) => argument === "size");
  expect(sizes).toHaveLength(6);
  expect(sizes[0]).toMatchObject({ kops: "20", ours: "30" });
});

test("a resource that only one side has is found", async () => {
  const { resources: kops } = await readKopsTerraform(REFERENCE);
  const spec = specOf(PARITY_CONFIG);
  const nodeGroups = Object.fromEntries(Object.entries(spec.config.nodeGroups).filter(([name]) => name !== "web"));
  const without = resourcesOf(synthCluster({ ...spec, config: { ...spec.config, nodeGroups } }));
  const missing = unexplained(compare(kops, without))
    .filter(({ ours }) => ours === undefined)
    .map(describeDifference);
  expect(missing).toEqual([
    'aws_autoscaling_group["web.k8s.dev.opsdx.io"]: only in kops\' Terraform',
    'aws_autoscaling_lifecycle_hook["web-NTHLifecycleHook"]: only in kops\' Terraform',
    'aws_launch_template["web.k8s.dev.opsdx.io"]: only in kops\' Terraform',
  ]);
});

test("two resources that nothing tells apart are refused: the comparison would see only one", () => {
  const twice = { aws_sqs_queue: { a: { name: "queue" }, b: { name: "queue" } } };
  expect(() => compare(twice, {})).toThrow(
    'every resource must have a name of its own, got twice: aws_sqs_queue["queue"]',
  );
});
