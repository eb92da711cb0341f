import fc from "fast-check";
import { mermaid, mermaidBlock } from "../../../tools/diagram/mermaid";
import { readFlowchart } from "./support";

const node = (key: string, ...lines: string[]) => ({ key, lines });

it("writes boxes, frames, arrows, colours and links", () => {
  const text = mermaid({
    children: [
      {
        key: "frame",
        label: "stage1",
        children: [{ ...node("a", "db", "two"), category: "database", link: "https://x/db.md" }],
      },
      node("b", "core"),
    ],
    arrows: [
      { from: "a", to: "b", kinds: ["data", "network"] },
      { from: "frame", to: "b", kinds: ["watch"], note: "4 of 5" },
    ],
  });
  expect(text.split("\n").slice(1)).toEqual([
    "flowchart LR",
    '  subgraph g0 ["stage1"]',
    '    n1["db<br/>two"]:::database',
    "  end",
    '  n2["core"]',
    '  n1 -->|"data, network"| n2',
    '  g0 -.->|"watch: 4 of 5"| n2',
    "  classDef database fill:#FBE3FC,stroke:#C925D1,color:#111",
    "  classDef frame fill:#8881,stroke:#888",
    "  class g0 frame",
    '  click n1 href "https://x/db.md"',
  ]);
});

it("refuses an arrow to what is not drawn", () => {
  expect(() => mermaid({ children: [node("a", "a")], arrows: [{ from: "a", to: "b", kinds: ["data"] }] })).toThrow(
    "b: an arrow must begin and end at what is drawn",
  );
});

it("stays in its language whatever things are called", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("a", "b", '"', "#", "<", ">", "&", ";", "[", "]", "(", "{", "|", "`", "-", "%"),
      }),
      (name) => {
        const drawn = readFlowchart(mermaid({ children: [node("a", name), node("b", "b")], arrows: [] }));
        const back = drawn.nodes
          .get("n0")
          ?.replace(/#(\w+);/g, (_, entity: string) => ({ "35": "#", quot: '"', lt: "<", gt: ">" })[entity] ?? "");
        expect(back).toBe(name);
      },
    ),
  );
});

it("shows a placeholder, which would be read as a tag", () => {
  expect(mermaidBlock('n0["<etl><br/>x"]')).toBe('```mermaid\nn0["#lt;etl#gt;<br/>x"]\n```');
});
