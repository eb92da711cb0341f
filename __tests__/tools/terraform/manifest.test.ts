import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import {
  assertKnown,
  inDependencyOrder,
  readManifest,
  withDownstream,
  withUpstream,
  type ManifestStack,
} from "../../../tools/terraform/manifest";

function stack(name: string, ...dependencies: string[]): ManifestStack {
  return { name, directory: `/out/${name}`, dependencies };
}

const STACKS = inDependencyOrder([
  stack("dev-stage1", "global"),
  stack("dev-stage2", "dev-stage1"),
  stack("dev-stage3", "dev-stage1", "dev-stage2"),
  stack("global"),
  stack("prod-stage1", "global"),
]);

const names = (stacks: readonly ManifestStack[]) => stacks.map(({ name }) => name);

describe("inDependencyOrder", () => {
  it("puts each stack after those it depends on", () => {
    expect(names(STACKS)).toEqual(["global", "dev-stage1", "dev-stage2", "dev-stage3", "prod-stage1"]);
  });

  it("holds for any acyclic set, whatever the order it comes in", () => {
    const graph = fc
      .array(fc.array(fc.nat(), { maxLength: 3 }), { maxLength: 8 })
      .map((edges) =>
        edges.map((targets, index) => stack(`s${index}`, ...(index === 0 ? [] : targets.map((t) => `s${t % index}`)))),
      );
    fc.assert(
      fc.property(
        graph.chain((stacks) => fc.shuffledSubarray(stacks, { minLength: stacks.length })),
        (shuffled) => {
          const order = names(inDependencyOrder(shuffled));
          expect([...order].sort()).toEqual(names(shuffled).sort());
          for (const { name, dependencies } of shuffled) {
            for (const dependency of dependencies) {
              expect(order.indexOf(dependency)).toBeLessThan(order.indexOf(name));
            }
          }
        },
      ),
    );
  });

  it("refuses a circle and shows it", () => {
    expect(() => inDependencyOrder([stack("a", "b"), stack("b", "a")])).toThrow("a → b → a");
  });
});

describe("withUpstream", () => {
  it("adds everything that a stack depends on", () => {
    expect(names(withUpstream(STACKS, ["dev-stage3"]))).toEqual(["global", "dev-stage1", "dev-stage2", "dev-stage3"]);
  });

  it("adds nothing to a stack that depends on nothing", () => {
    expect(names(withUpstream(STACKS, ["global"]))).toEqual(["global"]);
  });
});

describe("withDownstream", () => {
  it("adds everything that depends on a stack", () => {
    expect(names(withDownstream(STACKS, ["dev-stage1"]))).toEqual(["dev-stage1", "dev-stage2", "dev-stage3"]);
  });

  it("leaves the others alone", () => {
    expect(names(withDownstream(STACKS, ["prod-stage1"]))).toEqual(["prod-stage1"]);
  });
});

describe("assertKnown", () => {
  const NAMES = STACKS.map(({ name }) => name);

  it("accepts known names and none", () => {
    expect(() => assertKnown(NAMES, [])).not.toThrow();
    expect(() => assertKnown(NAMES, ["global", "dev-stage1"])).not.toThrow();
  });

  it("names each unknown stack with the nearest, best first", () => {
    expect(() => assertKnown(NAMES, ["dev-stage", "global", "prd-stage1"])).toThrow(
      /"dev-stage"; the nearest: dev-stage1, .*\n.*"prd-stage1"; the nearest: prod-stage1, /,
    );
  });
});

describe("readManifest", () => {
  it.each(['{"stacks": {"global": {"na', "", "[]"])("names a manifest that is not whole: %s", (text) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "manifest-"));
    writeFileSync(path.join(folder, "manifest.json"), text);
    expect(() => readManifest(folder)).toThrow(`${folder}/manifest.json must be the whole manifest of a synth`);
    rmSync(folder, { recursive: true });
  });

  const folder = mkdtempSync(path.join(os.tmpdir(), "manifest-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("reads names, folders and dependencies, in dependency order", () => {
    const entry = (name: string, dependencies: string[]) => ({
      name,
      dependencies,
      workingDirectory: `stacks/${name}`,
    });
    const stacks = { "dev-stage1": entry("dev-stage1", ["global"]), global: entry("global", []) };
    writeFileSync(path.join(folder, "manifest.json"), JSON.stringify({ version: "0.21.0", stacks }));
    expect(readManifest(folder)).toEqual([
      { name: "global", directory: path.join(folder, "stacks/global"), dependencies: [] },
      { name: "dev-stage1", directory: path.join(folder, "stacks/dev-stage1"), dependencies: ["global"] },
    ]);
  });
});
