import fc from "fast-check";
import { acceptedTogether, anyEdits, build, edited, runs, textsOf, type Built, type Edits } from "./support";
import { HOSTILE_TEXTS } from "./hostile";

/** What a configuration makes, or what came instead, with the edits that led to it. */
function built(environment: string, edits: Edits): Built {
  try {
    return build(edited(edits), [environment]);
  } catch (error) {
    throw new Error(`accepted, and not built: ${JSON.stringify(edits)}`, { cause: error });
  }
}

describe("a configuration that is accepted", () => {
  it("is built, rendered and within the policy, whatever was edited", () => {
    let kept = 0;
    fc.assert(
      fc.property(anyEdits(60, 60), ({ edits, environment }) => {
        const together = acceptedTogether(edits);
        kept += together.length;
        const { open } = built(environment, together);
        expect(open.map(({ path, rule, problem }) => `${path} ${rule} ${problem}`)).toEqual([]);
      }),
      runs(10),
    );
    expect(kept).toBeGreaterThan(100);
  });

  it("gives Terraform and Kubernetes every text of a variable as it was written", () => {
    const texts = HOSTILE_TEXTS.filter((text) => !text.includes("TfToken["));
    const env = Object.fromEntries(texts.map((text, index) => [`NOTE_${index}`, text]));
    const { stacks } = built("dev", [
      [["dev", "web", "env"], env],
      [["dev", "etls", "epic2op", "env"], env],
    ]);
    const pods = [...textsOf(stacks["dev-stage3"])].filter(([path]) => /\/env\/\d+\/name$/.test(path));
    for (const [name, text] of Object.entries(env)) {
      const places = pods.filter(([, each]) => each === name).map(([path]) => path.replace(/name$/, "value"));
      const values = [...textsOf(stacks["dev-stage3"])]
        .filter(([path]) => places.includes(path))
        .map(([, each]) => each);
      expect(values).toHaveLength(2);
      for (const value of values) {
        // Terraform takes one of two signs before a brace, Kubernetes one of two dollars.
        expect(value).not.toMatch(/(?<!\$)\$\{|(?<!%)%\{/);
        expect(value.replace(/([$%])\1(?=\{)/g, "$1").replaceAll("$$", "$")).toBe(text);
      }
    }
  });
});
