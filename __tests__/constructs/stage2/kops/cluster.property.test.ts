import fc from "fast-check";
import { MACHINE_TYPES } from "../../../../config/machine-types";
import type { KopsClusterSpec, SharedSubnet } from "../../../../constructs/stage2/kops/spec";
import { REFERENCE_CONFIG, specOf, synthCluster } from "./support";

const LETTERS = ["a", "b", "c", "d", "e", "f"];
const groupName = fc
  .stringMatching(/^[a-z]{1,8}(-[a-z]{1,8}){0,2}$/)
  .filter((name) => !name.startsWith("control-plane-"));
const group = fc.record({
  machineType: fc.constantFrom(...Object.keys(MACHINE_TYPES)),
  minSize: fc.nat(3),
  maxSize: fc.integer({ min: 3, max: 9 }),
  taints: fc.constantFrom([], ["opsdx_nodegroup=etl:NoSchedule"]),
});
const groups = fc.dictionary(groupName, group, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const zones = fc.uniqueArray(fc.constantFrom(...LETTERS), { minLength: 1, maxLength: 4 });

/** A cluster in some zones, with some groups. */
function cluster(letters: readonly string[], nodeGroups: object, name = "k8s.dev.opsdx.io"): KopsClusterSpec {
  const names = letters.map((letter) => `us-east-1${letter}`);
  const subnets = (role: string): Record<string, SharedSubnet> =>
    Object.fromEntries(names.map((zone) => [zone, { id: `subnet-${role}-${zone}`, cidr: "10.0.0.0/24" }]));
  return specOf(
    {
      ...REFERENCE_CONFIG,
      nodeGroups: { ...nodeGroups },
      controlPlane: { zones: names, machineType: "t3.medium" },
    },
    { name, subnets: { node: subnets("node"), master: subnets("master"), utility: subnets("utility") } },
  );
}

const bodies = (spec: KopsClusterSpec): ReadonlyMap<string, string> =>
  new Map(synthCluster(spec).resources.map(({ address, body }) => [address, JSON.stringify(body)]));

test("another group changes nothing that is there, wherever it stands in config", () => {
  fc.assert(
    fc.property(zones, groups, groupName, group, fc.boolean(), (letters, some, name, added, first) => {
      fc.pre(!(name in some));
      const before = bodies(cluster(letters, some));
      const after = bodies(cluster(letters, first ? { [name]: added, ...some } : { ...some, [name]: added }));
      for (const [address, body] of before) expect(after.get(address)).toBe(body);
      expect(after.size).toBe(before.size + 3);
    }),
    { numRuns: 5 },
  );
});

test("another zone moves nothing to another address", () => {
  fc.assert(
    fc.property(zones, groups, fc.constantFrom(...LETTERS), (letters, some, added) => {
      fc.pre(!letters.includes(added));
      const before = bodies(cluster(letters, some));
      const after = bodies(cluster([...letters, added], some));
      expect([...before.keys()].filter((address) => !after.has(address))).toEqual([]);
      // A control plane's template, group and hook, and a volume of each etcd cluster.
      expect(after.size).toBe(before.size + 5);
    }),
    { numRuns: 5 },
  );
});

test("the order of zones and groups in config has no meaning", () => {
  fc.assert(
    fc.property(zones, groups, (letters, some) => {
      const reversed = Object.fromEntries(Object.entries(some).reverse());
      const sorted = (spec: KopsClusterSpec) => [...bodies(spec)].sort();
      expect(sorted(cluster([...letters].reverse(), reversed))).toEqual(sorted(cluster(letters, some)));
    }),
    { numRuns: 5 },
  );
});

/** AWS's limits on names, by resource type. @see https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html */
const NAME_LIMITS: Readonly<Record<string, number>> = {
  aws_autoscaling_group: 255,
  aws_autoscaling_lifecycle_hook: 255,
  aws_cloudwatch_event_rule: 64,
  aws_iam_instance_profile: 128,
  aws_iam_role: 64,
  aws_launch_template: 128,
  aws_lb: 32,
  aws_lb_target_group: 32,
  aws_security_group: 255,
  aws_sqs_queue: 80,
};

test("names are unique and within AWS's limits, however long the cluster's may be", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,14}[a-z0-9]\.[a-z]{2,8}\.[a-z]{2,10}\.io$/),
      groups,
      (name, some) => {
        const stack = synthCluster(cluster(["a", "c", "d"], some, name));
        for (const [type, limit] of Object.entries(NAME_LIMITS)) {
          const names = stack.ofType(type).map(({ body }) => String(body["name"]));
          expect(names.filter((each) => each.length > limit)).toEqual([]);
          expect(new Set(names).size).toBe(names.length);
        }
      },
    ),
    { numRuns: 5 },
  );
});
