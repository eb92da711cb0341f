import * as fc from "fast-check";
import { ADDONS_EVERY_NODE } from "../../config/kops";
import { loadConfig } from "../../config/load";
import { MACHINE_TYPES } from "../../config/machine-types";
import { cpuMillis, EVERY_NODE, memoryMib, roomOf } from "../../config/node-capacity";
import { nodesThatFit, roomOfGroups, unplacedIn, type RoomyGroup } from "../../config/room";
import { requestsOf, standingPods, type StandingPods } from "../../config/standing-pods";
import { externalSecretsValues } from "../../constructs/stage3/external-secrets/values";
import { headlampValues } from "../../constructs/stage3/headlamp/values";
import { problemsAfter } from "./support";

const { environments } = loadConfig();
const GROUP: RoomyGroup = { machineType: "m6i.large", minSize: 3, zones: 3, spareNodes: 0 };
const ROOM = roomOf(MACHINE_TYPES["m6i.large"] ?? { vcpus: 0, memoryMib: 0, gpus: 0, instanceStoreDisks: 0 });
const kind = (
  name: string,
  replicas: number,
  cpu: number,
  memory: number,
  more: Partial<StandingPods> = {},
): StandingPods => ({
  system: name,
  name,
  cluster: "k8s",
  group: "general",
  replicas,
  pod: { cpu: `${cpu}m`, memory: `${memory}Mi` },
  ...more,
});

describe("what is always on", () => {
  it.each(environments.map((environment) => [environment.name, environment] as const))(
    "asks on every node of %s for no more than is kept for it",
    (_, environment) => {
      for (const cluster of Object.keys(environment.clusters)) {
        const every = standingPods(environment).filter((pods) => pods.cluster === cluster && pods.group === "every");
        const sum = (of: (pods: StandingPods) => number): number => every.reduce((total, pods) => total + of(pods), 0);
        expect(every.length).toBeGreaterThan(ADDONS_EVERY_NODE.length);
        expect(sum(({ pod }) => cpuMillis(pod.cpu))).toBeLessThanOrEqual(EVERY_NODE.cpuMillis);
        expect(sum(({ pod }) => memoryMib(pod.memory))).toBeLessThanOrEqual(EVERY_NODE.memoryMib);
      }
    },
  );

  it("is what the charts are told", () => {
    const [environment] = environments;
    const pods = (system: string) =>
      requestsOf(environment ?? { clusters: {} }, system).filter(({ cluster }) => cluster === "k8s");
    expect(pods("headlamp")[0]?.pod).toEqual((headlampValues("k8s")["resources"] as { requests: unknown }).requests);
    const { webhook } = externalSecretsValues() as {
      webhook: { replicaCount: number; resources: { requests: unknown } };
    };
    expect(pods("external-secrets").find(({ name }) => name.endsWith("webhook"))).toMatchObject({
      replicas: webhook.replicaCount,
      pod: webhook.resources.requests,
    });
    expect(pods("nobody")).toEqual([]);
  });
});

describe("the places of pods", () => {
  it("are found one by one: what fits in sum may not fit on any node", () => {
    const large = Math.ceil(ROOM.cpuMillis * 0.6);
    expect(unplacedIn(GROUP, [kind("large", 3, large, 64)])).toEqual([]);
    expect(unplacedIn(GROUP, [kind("large", 4, large, 64)])).toEqual(["large"]);
    expect(nodesThatFit(GROUP, [kind("large", 4, large, 64)])).toBe(4);
    expect(nodesThatFit(GROUP, [kind("huge", 1, ROOM.cpuMillis + 1, 64)])).toBeUndefined();
    expect(unplacedIn({ ...GROUP, minSize: 0 }, [kind("any", 1, 1, 1)])).toEqual(["any"]);
  });

  it("are those of the nodes that are left", () => {
    const half = kind("half", 4, Math.floor(ROOM.cpuMillis / 2), 64);
    expect(unplacedIn({ ...GROUP, minSize: 2 }, [half])).toEqual([]);
    expect(unplacedIn({ ...GROUP, minSize: 2, spareNodes: 1 }, [half])).toEqual(["half"]);
    expect(nodesThatFit({ ...GROUP, spareNodes: 1 }, [half])).toBe(3);
  });

  it("are in the zone of a volume, of which a single one must have a node left", () => {
    const alone = kind("alone", 1, 100, 64, { volumeGib: 10 });
    const pair = kind("pair", 2, 100, 64, { volumeGib: 10, apart: true });
    expect(unplacedIn(GROUP, [alone, pair])).toEqual([]);
    // One node in each zone: the volume's own may be the one that is lost. Of two in two zones the other works on.
    expect(unplacedIn({ ...GROUP, spareNodes: 1 }, [alone, pair])).toEqual(["alone"]);
    expect(nodesThatFit({ ...GROUP, spareNodes: 1 }, [alone])).toBe(6);
    // The room of other zones is of no use.
    const full = kind("full", 1, ROOM.cpuMillis, 64, { volumeGib: 10 });
    expect(unplacedIn(GROUP, [full, alone])).toEqual(["alone"]);
    expect(unplacedIn(GROUP, [full, kind("anywhere", 1, 100, 64)])).toEqual([]);
  });

  it("are apart where they must be, as far as there are nodes", () => {
    const apart = kind("apart", 3, Math.floor(ROOM.cpuMillis / 2), 64, { apart: true });
    expect(unplacedIn(GROUP, [apart])).toEqual([]);
    expect(unplacedIn(GROUP, [kind("full", 2, ROOM.cpuMillis, 64), apart])).toEqual(["apart"]);
    expect(unplacedIn({ ...GROUP, minSize: 2 }, [apart])).toEqual([]);
  });

  it("are never more than the nodes hold", () => {
    const pods = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1700 }), fc.integer({ min: 1, max: 7000 })),
    );
    fc.assert(
      fc.property(pods, fc.integer({ min: 1, max: 6 }), (list, minSize) => {
        const kinds = list.map(([replicas, cpu, memory], index) => kind(`p${index}`, replicas, cpu, memory));
        if (unplacedIn({ ...GROUP, minSize }, kinds).length > 0) return;
        const asked = (of: (pods: StandingPods) => number): number =>
          kinds.reduce((sum, pods) => sum + pods.replicas * of(pods), 0);
        expect(asked(({ pod }) => cpuMillis(pod.cpu))).toBeLessThanOrEqual(minSize * ROOM.cpuMillis);
        expect(asked(({ pod }) => memoryMib(pod.memory))).toBeLessThanOrEqual(minSize * ROOM.memoryMib);
      }),
    );
  });
});

describe("the configuration", () => {
  const faults = (changes: Record<string, unknown>) =>
    problemsAfter(changes).map(({ path, rule, nearest }) => ({ path, rule, nearest }));

  it("has room in every general group for what is always on", () => {
    for (const group of environments.flatMap((environment) => roomOfGroups(environment))) {
      expect([group.cluster, group.unplaced, group.overBaselineMillis]).toEqual([group.cluster, [], 0]);
    }
    expect(environments.flatMap((environment) => roomOfGroups(environment))).toHaveLength(3 * environments.length);
  });

  it("is refused where it has none, with the number of nodes that would do", () => {
    const [fault, ...others] = faults({ "prod.clusters.k8s.nodeGroups.nodes.minSize": 1 }).filter(({ path }) =>
      path.endsWith("minSize"),
    );
    expect(others).toEqual([]);
    expect(fault?.rule).toMatch(
      /^must be at least \d+, so that the \d+ pods that are always on \(\d+m, \d+Mi\) find their places with 1 lost: /,
    );
    expect(fault?.rule).toContain(`must be at least ${fault?.nearest ?? ""},`);
    expect(faults({ "prod.clusters.k8s.nodeGroups.nodes.minSize": Number(fault?.nearest) })).toEqual([]);
  });

  it("is refused where a type that bursts is to be busy for ever", () => {
    const t3 = { "dev.clusters.k8s-ml-tf.nodeGroups.nodes.machineType": "t3.large" };
    const [fault] = faults(t3);
    expect(fault).toMatchObject({
      path: "clusters.k8s-ml-tf.nodeGroups.nodes.machineType",
      nearest: '"m6i.large"',
    });
    expect(fault?.rule).toMatch(/ask for \d+m more than the baseline of 1 × t3\.large/);
    // AWS: a t3.large earns 36 credits an hour, and a credit is a minute of one processor: 36 of 120 minutes.
    const many = {
      ...t3,
      "dev.clusters.k8s-ml-tf.nodeGroups.nodes.minSize": 9,
      "dev.clusters.k8s-ml-tf.nodeGroups.nodes.maxSize": 9,
    };
    expect(faults(many)).toEqual([]);
  });
});
