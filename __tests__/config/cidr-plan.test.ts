import * as fc from "fast-check";
import {
  contains,
  freeSlots,
  misplacedZones,
  overlaps,
  planSubnets,
  SLOTS,
  SUBNET_ROLES,
  type AddressPlan,
} from "../../config/cidr-plan";

const plan: AddressPlan = {
  zones: { "us-east-1a": { slot: 0 }, "us-east-1c": { slot: 1 }, "us-east-1d": { slot: 2 } },
  subnets: {
    utility: { prefix: 22, first: "10.0.0.0" },
    node: { prefix: 19, first: "10.0.32.0" },
    master: { prefix: 24, first: "10.0.128.0" },
    db: { prefix: 24, first: "10.0.136.0" },
  },
};

/** Zones with slots of their own: four slots fill each role's range and no more. */
const zones = fc
  .uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 1, maxLength: 4 })
  .chain((letters) =>
    fc
      .shuffledSubarray([0, 1, 2, 3], { minLength: letters.length, maxLength: letters.length })
      .map((slots) =>
        Object.fromEntries(letters.map((letter, index) => [`us-east-1${letter}`, { slot: slots[index] ?? 0 }])),
      ),
  );

/** A VPC at any /16, cut so that four zones fit. */
const plans = fc.record({ zones, second: fc.integer({ min: 0, max: 255 }) }).map(({ zones, second }) => ({
  vpc: `10.${second}.0.0/16`,
  zones,
  subnets: {
    utility: { prefix: 22, first: `10.${second}.0.0` },
    node: { prefix: 19, first: `10.${second}.128.0` },
    master: { prefix: 24, first: `10.${second}.16.0` },
    db: { prefix: 25, first: `10.${second}.24.0` },
  },
}));

const byKey = (input: AddressPlan): Map<string, string> =>
  new Map(planSubnets(input).map(({ role, zone, cidr }) => [`${role} ${zone}`, cidr]));

describe("planSubnets", () => {
  it("gives the wiki's table", () => {
    expect(planSubnets(plan).map(({ role, zone, cidr }) => `${zone} ${role} ${cidr}`)).toEqual([
      "us-east-1a utility 10.0.0.0/22",
      "us-east-1c utility 10.0.4.0/22",
      "us-east-1d utility 10.0.8.0/22",
      "us-east-1a node 10.0.32.0/19",
      "us-east-1c node 10.0.64.0/19",
      "us-east-1d node 10.0.96.0/19",
      "us-east-1a master 10.0.128.0/24",
      "us-east-1c master 10.0.129.0/24",
      "us-east-1d master 10.0.130.0/24",
      "us-east-1a db 10.0.136.0/24",
      "us-east-1c db 10.0.137.0/24",
      "us-east-1d db 10.0.138.0/24",
    ]);
  });

  it("does not depend on the order in which zones are written", () => {
    const reversed = Object.fromEntries(Object.entries(plan.zones).reverse());
    expect(planSubnets({ ...plan, zones: reversed })).toEqual(planSubnets(plan));
  });

  it("carries over from one octet into the next", () => {
    const subnets = { ...plan.subnets, node: { prefix: 16, first: "10.255.0.0" } };
    const node = planSubnets({ zones: { "us-east-1b": { slot: 1 } }, subnets }).find(({ role }) => role === "node");
    expect(node?.cidr).toBe("11.0.0.0/16");
  });

  it("nests every subnet in the VPC and overlaps none", () => {
    fc.assert(
      fc.property(plans, ({ vpc, ...input }) => {
        const subnets = planSubnets(input);
        expect(subnets).toHaveLength(SUBNET_ROLES.length * Object.keys(input.zones).length);
        for (const [index, { cidr }] of subnets.entries()) {
          expect(contains(vpc, cidr)).toBe(true);
          for (const other of subnets.slice(index + 1)) expect(overlaps(cidr, other.cidr)).toBe(false);
        }
      }),
    );
  });

  it("keeps every other subnet where it is when a zone comes or goes", () => {
    fc.assert(
      fc.property(plans, fc.nat(), (input, choice) => {
        const names = Object.keys(input.zones);
        const gone = names[choice % names.length] ?? "";
        const left = Object.fromEntries(Object.entries(input.zones).filter(([name]) => name !== gone));
        const before = byKey(input);
        for (const [key, cidr] of byKey({ ...input, zones: left })) expect(cidr).toBe(before.get(key));
      }),
    );
  });

  it("keeps the other roles' subnets where they are when one role's range changes", () => {
    fc.assert(
      fc.property(plans, fc.constantFrom(...SUBNET_ROLES), (input, changed) => {
        const before = byKey(input);
        const subnets = { ...input.subnets, [changed]: { prefix: 28, first: "10.0.255.0" } };
        for (const [key, cidr] of byKey({ ...input, subnets })) {
          if (!key.startsWith(`${changed} `)) expect(cidr).toBe(before.get(key));
        }
      }),
    );
  });
});

describe("freeSlots", () => {
  it("are those that fit for every role", () => {
    expect(freeSlots("10.0.0.0/16", plan)).toEqual([4, 5, 6]);
    expect(freeSlots("10.0.0.0/17", plan)).toEqual([]);
  });

  it("lie above the lowest in use, whose zone has the only NAT gateway", () => {
    const zones = { "us-east-1c": { slot: 1 }, "us-east-1d": { slot: 2 } };
    expect(freeSlots("10.0.0.0/16", { ...plan, zones })).toEqual([4, 5, 6]);
    expect(freeSlots("10.0.0.0/16", { ...plan, zones: {} })).toEqual([0, 1, 2, 4, 5, 6]);
  });

  it("add no address that another subnet has, and leave none out", () => {
    fc.assert(
      fc.property(plans, ({ vpc, ...input }) => {
        const taken = planSubnets(input);
        const lowest = Math.min(...Object.values(input.zones).map(({ slot }) => slot));
        const fitting = SLOTS.filter((slot) =>
          planSubnets({ ...input, zones: { "us-east-1z": { slot } } }).every(
            (subnet, index, own) =>
              contains(vpc, subnet.cidr) &&
              [...taken, ...own.slice(index + 1)].every((other) => !overlaps(subnet.cidr, other.cidr)),
          ),
        );
        expect(freeSlots(vpc, input)).toEqual(fitting.filter((slot) => slot > lowest));
      }),
    );
  });
});

describe("misplacedZones", () => {
  it.each([
    ["fits", {}, []],
    ["has a slot whose own subnets overlap", { "us-east-1b": { slot: 3 } }, ["us-east-1b"]],
    [
      "has slots outside the VPC",
      { "us-east-1b": { slot: 8 }, "us-east-1f": { slot: 9 } },
      ["us-east-1b", "us-east-1f"],
    ],
  ])("of a plan that %s", (_, more, expected) => {
    expect(misplacedZones("10.0.0.0/16", { ...plan, zones: { ...plan.zones, ...more } })).toEqual(expected);
  });

  it("are none where the ranges are at fault", () => {
    const subnets = { ...plan.subnets, db: { prefix: 24, first: "10.0.129.0" } };
    expect(misplacedZones("10.0.0.0/16", { ...plan, subnets })).toEqual([]);
    expect(misplacedZones("10.0.0.0/17", plan)).toEqual([]);
  });
});

describe("overlaps and contains", () => {
  it.each([
    ["10.0.0.0/16", "10.0.255.0/24", true, true],
    ["10.0.255.0/24", "10.0.0.0/16", true, false],
    ["10.0.0.0/24", "10.0.1.0/24", false, false],
    ["10.0.0.0/24", "10.0.0.0/24", true, true],
    ["0.0.0.0/0", "255.255.255.255/32", true, true],
    ["10.0.0.0/32", "10.0.0.1/32", false, false],
  ])("%s and %s", (a, b, shared, inside) => {
    expect(overlaps(a, b)).toBe(shared);
    expect(contains(a, b)).toBe(inside);
  });

  it("overlap both ways or neither", () => {
    const blocks = fc
      .tuple(fc.integer({ min: 8, max: 32 }), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }))
      .map(([prefix, second, third]) => `10.${prefix > 16 ? second : 0}.${prefix > 24 ? third : 0}.0/${prefix}`);
    fc.assert(
      fc.property(blocks, blocks, (a, b) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        if (contains(a, b)) expect(overlaps(a, b)).toBe(true);
      }),
    );
  });
});
