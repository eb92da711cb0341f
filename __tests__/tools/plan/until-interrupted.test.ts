import { untilInterrupted } from "../../../tools/plan/until-interrupted";
import { Children } from "../../../tools/terraform/children";

it("gives what the work gives, and throws what it throws", async () => {
  const children = new Children();
  await expect(untilInterrupted(children, () => Promise.resolve(7))).resolves.toBe(7);
  await expect(untilInterrupted(children, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

it("ends with an interrupt, whatever the work does, and begins nothing after one", async () => {
  const children = new Children();
  const waiting = untilInterrupted(children, () => new Promise(() => undefined));
  children.interrupt("SIGTERM");
  await expect(waiting).rejects.toMatchObject({ exitCode: 143 });
  const work = jest.fn();
  await expect(untilInterrupted(children, work)).rejects.toMatchObject({ exitCode: 143 });
  expect(work).not.toHaveBeenCalled();
});
