import path from "node:path";
import {
  compare,
  describe as describeDifference,
  readKopsTerraform,
  unexplained,
  type IntendedDifference,
} from "../../../../tools/kops/parity";
import { resourcesOf, specOf, synthCluster } from "./support";

const REFERENCE = path.join(__dirname, "../../../data/kops-k8s-dev");

/** What this program has asked of kops since the reference was made; kops' answer is the same, see docs/kops.md. */
const SINCE: readonly IntendedDifference[] = [
  { type: "aws_iam_role_policy_attachment", reason: "Session Manager instead of SSH, on nodes and control planes" },
  {
    type: "aws_iam_role",
    argument: "permissions_boundary",
    reason: "what CI makes, it cannot make stronger than itself",
  },
  { type: "aws_ebs_volume", argument: "kms_key_id", reason: "the account's customer-managed key" },
  { type: "aws_launch_template", argument: "block_device_mappings", reason: "the account's customer-managed key" },
  { type: "aws_launch_template", argument: "monitoring", reason: "detailed monitoring" },
];

test("the dev cluster equals what kops 1.36.2 declares, resource by resource and argument by argument", async () => {
  const { resources: kops } = await readKopsTerraform(REFERENCE);
  const differences = unexplained(compare(kops, resourcesOf(synthCluster(specOf()))));
  expect(unexplained(differences, SINCE).map(describeDifference)).toEqual([]);
  // Two attachments, nine roles, six volumes, and two arguments of six launch templates: nothing else hides behind a reason.
  expect(differences).toHaveLength(2 + 9 + 6 + 12);
  expect(Object.values(kops).flatMap((instances) => Object.keys(instances))).toHaveLength(80);
});

test("a setting that differs is found, with both values", async () => {
  const { resources: kops } = await readKopsTerraform(REFERENCE);
  const spec = specOf();
  const changed = resourcesOf(
    synthCluster({ ...spec, config: { ...spec.config, etcd: { ...spec.config.etcd, volumeGib: 30 } } }),
  );
  const sizes = unexplained(compare(kops, changed)).filter(({ argument }) => argument === "size");
  expect(sizes).toHaveLength(6);
  expect(sizes[0]).toMatchObject({ kops: "20", ours: "30" });
});

test("a resource that only one side has is found", async () => {
  const { resources: kops } = await readKopsTerraform(REFERENCE);
  const spec = specOf();
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
