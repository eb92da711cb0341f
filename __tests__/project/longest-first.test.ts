interface Planted {
  readonly path: string;
  readonly context: object;
}
const LongestFirst = jest.requireActual<new () => { sort(tests: Planted[]): Planted[] }>("../runner/longest-first");

/** A test that has never run, of a project: the larger file counts as the longer test. */
const planted = (name: string, size: number): Planted => ({
  path: `${name}-${size}`,
  context: { config: { cache: false, displayName: { name } }, hasteFS: { getSize: () => size } },
});
const sorted = (...tests: Planted[]): readonly string[] => new LongestFirst().sort(tests).map(({ path }) => path);

it("starts what mostly waits first, and the longest first of each project", () => {
  const given = ["unit", "recipes", "control-plane", "faults", "emulator"].map((name) => planted(name, 1));
  expect(sorted(planted("emulator", 0), ...given, planted("unit", 2))).toEqual([
    ...["emulator-1", "emulator-0", "faults-1", "control-plane-1", "recipes-1", "unit-2", "unit-1"],
  ]);
});

it("stops a run with a project that it doesn't know", () => {
  expect(() => sorted(planted("cluster", 1))).toThrow(
    "longest-first.js names no project cluster: give it a place in ORDER",
  );
});
