import fc from "fast-check";
import { podsHeld } from "../../config/node-capacity";

/** Places pods one by one, each into a zone with the fewest that still has room, as the scheduler must with a skew of one. */
function placed(maxSize: number, zones: number, podsPerNode: number): number {
  const nodes = Array.from({ length: zones }, (_, zone) => Math.floor((maxSize + zones - 1 - zone) / zones));
  const room = nodes.filter((count) => count > 0).map((count) => count * podsPerNode);
  const pods = room.map(() => 0);
  for (;;) {
    const fewest = Math.min(...pods);
    const zone = pods.findIndex((count, index) => count === fewest && count < (room[index] ?? 0));
    if (zone === -1) return pods.reduce((sum, count) => sum + count, 0);
    pods[zone] = fewest + 1;
  }
}

describe("podsHeld", () => {
  it("is what a scheduler that keeps zones even finds room for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 5 }),
        (maxSize, zones, podsPerNode) => {
          expect(podsHeld({ maxSize, zones }, podsPerNode, true)).toBe(placed(maxSize, zones, podsPerNode));
        },
      ),
    );
  });

  it("is all the room where pods may stand anywhere", () => {
    expect(podsHeld({ maxSize: 4, zones: 3 }, 3, false)).toBe(12);
    expect(podsHeld({ maxSize: 0, zones: 3 }, 3, true)).toBe(0);
  });
});
