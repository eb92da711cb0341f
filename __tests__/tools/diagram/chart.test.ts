import { foldHubs, liftArrows, mergeArrows, type ChartArrow } from "../../../tools/diagram/chart";

const arrow = (from: string, to: string, ...kinds: ChartArrow["kinds"]): ChartArrow => ({ from, to, kinds });
const said = (arrows: readonly ChartArrow[]): readonly string[] =>
  arrows.map(({ from, to, kinds, note = "" }) => `${from}>${to} ${kinds.join("+")} ${note}`.trim());

it("draws one arrow between two ends, with what matters most first", () => {
  expect(said(mergeArrows([arrow("a", "b", "watch"), arrow("b", "a", "data"), arrow("a", "b", "network")]))).toEqual([
    "a>b network+watch",
    "b>a data",
  ]);
});

describe("arrows of a frame", () => {
  const members = new Map([["frame", ["a", "b"]]]);

  it("are drawn once when all boxes have them, whichever way they point", () => {
    const all = [
      arrow("a", "x", "data", "key"),
      arrow("b", "x", "data"),
      arrow("y", "a", "runs"),
      arrow("y", "b", "runs"),
    ];
    expect(said(liftArrows(all, members))).toEqual(["a>x key", "frame>x data", "y>frame runs"]);
  });

  it("stay with the boxes when one lacks them, or they stay inside", () => {
    const all = [arrow("a", "x", "data"), arrow("a", "b", "data"), arrow("b", "a", "data")];
    expect(said(liftArrows(all, members))).toEqual(said(all));
  });
});

describe("arrows to a hub", () => {
  const members = ["a", "b", "c", "d", "e"];
  const four = ["a", "b", "c", "d"].map((from) => arrow(from, "hub", "watch"));

  it("are one, which says from how many boxes", () => {
    expect(foldHubs([...four, arrow("e", "x", "data")], "frame", members)).toEqual({
      arrows: [arrow("e", "x", "data"), { from: "frame", to: "hub", kinds: ["watch"], note: "4 of 5" }],
      hubs: ["hub"],
    });
    const all = [...four, arrow("e", "hub", "key")];
    expect(said(foldHubs(all, "frame", members).arrows)).toEqual(["frame>hub key+watch"]);
  });

  it("stay when there are few, when they say what a system does, and when the hub uses one of them", () => {
    for (const arrows of [
      four.slice(1),
      four.map(({ from, to }) => arrow(from, to, "data")),
      [...four, arrow("hub", "a", "data")],
    ]) {
      expect(foldHubs(arrows, "frame", members)).toEqual({ arrows, hubs: [] });
    }
  });
});
