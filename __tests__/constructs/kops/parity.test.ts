import path from "node:path";
import { compare, describe as describeDifference, readKopsTerraform, unexplained } from "../../../tools/kops/parity";
import { resourcesOf, specOf, synthCluster } from "./support";

const REFERENCE = path.join(__dirname, "../../data/kops-k8s-dev");

/** The reference's manifest grants no Systems Manager: this program adds it to nodes and control planes. */
const ADDED = [
  { type: "aws_iam_role_policy_attachment", reason: "Session Manager instead of SSH, asked for in the manifest since" },
];

test("the dev cluster equals what kops 1.36.2 declares, resource by resource and argument by argument", async () => {
  const kops = await readKopsTerraform(REFERENCE);
  const ours = resourcesOf(synthCluster(specOf()));
  const differences = unexplained(compare(kops, ours));
  const unexpected = differences.filter(
    ({ resource, kops: inKops }) => inKops !== undefined || !ADDED.some(({ type }) => resource.startsWith(`${type}[`)),
  );
  expect(unexpected.map(describeDifference)).toEqual([]);
  expect(differences.map(({ resource }) => resource)).toEqual([
    expect.stringContaining("AmazonSSMManagedInstanceCore"),
    expect.stringContaining("AmazonSSMManagedInstanceCore"),
  ]);
  expect(Object.values(kops).flatMap((instances) => Object.keys(instances))).toHaveLength(80);
});

test("a setting that differs is found, with both values", async () => {
  const kops = await readKopsTerraform(REFERENCE);
  const spec = specOf();
  const changed = resourcesOf(
    synthCluster({ ...spec, config: { ...spec.config, etcd: { ...spec.config.etcd, volumeGib: 30 } } }),
  );
  const sizes = unexplained(compare(kops, changed)).filter(({ argument }) => argument === "size");
  expect(sizes).toHaveLength(6);
  expect(sizes[0]).toMatchObject({ kops: "20", ours: "30" });
});

test("a resource that only one side has is found", async () => {
  const kops = await readKopsTerraform(REFERENCE);
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
