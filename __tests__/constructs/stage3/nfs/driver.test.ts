import { systemFacts } from "../../../../constructs/shared/observability/system";
import { NfsDriver } from "../../../../constructs/stage3/nfs/driver";
import { FAILED_MOUNT_PATTERN } from "../../../../constructs/stage3/nfs/alarms";
import { stepText, synth } from "../../../support";
import { matches } from "../../shared/audit/filter-pattern";
import { platformIn, releaseOn } from "../platform";

let driver: NfsDriver | undefined;
const stack = synth((scope) => {
  const platform = platformIn(scope);
  if (platform.nfs === undefined) throw new Error("the test's platform has no shared file system");
  driver = new NfsDriver(scope, "NfsDriver", { platform, nfs: platform.nfs, exceptGroups: { k8s: ["ci"] } });
});
const CLUSTERS = ["k8s", "k8s-ml", "k8s-ml-tf"] as const;
const facts = driver === undefined ? undefined : systemFacts(driver);

describe("NfsDriver", () => {
  it.each(CLUSTERS)("mounts on %s in the name of a role that its file system knows", (cluster) => {
    const { body, values } = releaseOn(stack, cluster, "efs-csi-driver");
    expect(body).toMatchObject({
      namespace: "node-agents",
      chart: "aws-efs-csi-driver",
      version: "4.4.1",
      repository: "https://kubernetes-sigs.github.io/aws-efs-csi-driver/",
    });
    const role = stack.one("aws_iam_role", { name: `opsdx-test-efs-csi-driver-${cluster}` });
    expect(values).toMatchObject({
      useHelmHooksForCSIDriver: false,
      controller: { create: false },
      node: {
        serviceAccount: {
          annotations: { "eks.amazonaws.com/role-arn": `\${${role.address}.arn}` },
          disableMutation: true,
        },
      },
    });
    expect(String(role.body["assume_role_policy"])).toContain("system:serviceaccount:node-agents:efs-csi-node-sa");
  });

  it("may mount through the access points that its cluster uses, and make none", () => {
    const policies = stack.ofType("aws_iam_policy").map(({ body }) => body);
    expect(policies).toHaveLength(CLUSTERS.length);
    for (const [index, body] of policies.entries()) {
      expect(body["name"]).toBe(`opsdx-test-efs-csi-driver-${CLUSTERS[index] ?? ""}`);
      const { Statement } = JSON.parse(String(body["policy"])) as { Statement: unknown[] };
      expect(Statement).toEqual([
        {
          Sid: "Mount",
          Effect: "Allow",
          Action: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
          Resource: [expect.stringMatching(/file-system\/fs-0123456789abcdef0$/)],
          Condition: {
            ArnEquals: {
              "elasticfilesystem:AccessPointArn": (CLUSTERS[index] === "k8s-ml-tf" ? [1, 3] : [3]).map(
                (number) => expect.stringMatching(new RegExp(`access-point/fsap-0123456789abcdef${number}$`)) as string,
              ),
            },
          },
        },
      ]);
    }
  });

  it("stays off control planes, and off nodes that builds are root on", () => {
    const terms = (cluster: (typeof CLUSTERS)[number]) => {
      const { values } = releaseOn(stack, cluster, "efs-csi-driver") as {
        values: { node: { affinity: { nodeAffinity: Record<string, { nodeSelectorTerms: unknown[] }> } } };
      };
      return Object.values(values.node.affinity.nodeAffinity).flatMap(({ nodeSelectorTerms }) => nodeSelectorTerms);
    };
    const worker = { key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" };
    expect(terms("k8s")).toEqual([
      { matchExpressions: [worker, { key: "opsdx_nodegroup", operator: "NotIn", values: ["ci"] }] },
    ]);
    expect(terms("k8s-ml")).toEqual([{ matchExpressions: [worker] }]);
  });

  it("has a class that makes no volumes, and the shared folder for people", () => {
    const classes = stack.ofType("kubernetes_storage_class_v1").map(({ body }) => body["storage_provisioner"]);
    expect(classes).toEqual(CLUSTERS.map(() => "kubernetes.io/no-provisioner"));
    const claims = stack.ofType("kubernetes_persistent_volume_claim_v1").map(({ body }) => body["metadata"]);
    expect(claims).toEqual(CLUSTERS.map(() => ({ name: "nfs-shared", namespace: "nfs" })));
    expect(Object.keys(driver?.ready ?? {})).toEqual([...CLUSTERS]);
  });

  it("leaves no policy finding open, and says what people need", () => {
    const open = stack
      .findings()
      .filter(({ acknowledged, path }) => acknowledged === undefined && path.includes("/NfsDriver"));
    expect(open).toEqual([]);
    expect(facts).toMatchObject({ name: "efs-csi-driver", owner: "Yanif" });
    const byHand = facts?.procedures?.find(({ title }) => title === "Mount it in a pod, by hand");
    expect(byHand?.steps.map(stepText).join("\n")).toContain('"claimName":"nfs-shared"');
  });
});

describe("nfs-mounts-failed", () => {
  // What klog writes when the driver answers kubelet with an error, as fluent-bit carries it.
  const line = {
    log: 'E1129 12:00:00.000000       1 driver.go:118] GRPC error: rpc error: code = Internal desc = Could not mount "fs-1:/" at "/var/lib/kubelet/pods/1/mount": mount failed: exit status 32',
    kubernetes: { namespace: "node-agents", container: "efs-plugin" },
  };

  it("counts what the driver could not mount, and nothing else", () => {
    expect(stack.ofType("aws_cloudwatch_log_metric_filter").map(({ body }) => body["pattern"])).toEqual([
      FAILED_MOUNT_PATTERN,
      FAILED_MOUNT_PATTERN,
    ]);
    expect(matches(FAILED_MOUNT_PATTERN, line)).toBe(true);
    expect(matches(FAILED_MOUNT_PATTERN, { ...line, log: "I1129 12:00:00 1 node.go:200] NodePublishVolume" })).toBe(
      false,
    );
    expect(matches(FAILED_MOUNT_PATTERN, { ...line, kubernetes: { ...line.kubernetes, container: "x" } })).toBe(false);
  });

  it("fires when it fails in two periods, in each of which one try must come", () => {
    const { body } = stack.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-nfs-mounts-failed" });
    expect(body).toMatchObject({ threshold: 1, evaluation_periods: 2, treat_missing_data: "notBreaching" });
    // kubelet waits 2 minutes and 2 seconds at most.
    expect(Number(body["period"])).toBeGreaterThan(122);
  });
});
