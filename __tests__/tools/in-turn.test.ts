import { InTurn } from "../../tools/in-turn";

it("does one piece of work at a time, in the order asked, also after one that failed", async () => {
  const turns = new InTurn();
  const told: string[] = [];
  const work = (name: string, ends: () => void = () => undefined) =>
    turns.next(async () => {
      told.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      told.push(`${name} ends`);
      ends();
      return name;
    });
  const broken = work("a", () => {
    throw new Error("broken");
  });
  const second = work("b");
  await expect(broken).rejects.toThrow("broken");
  await expect(second).resolves.toBe("b");
  expect(told).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});
