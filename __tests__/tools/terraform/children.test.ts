import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";
import { Children, InterruptedError } from "../../../tools/terraform/children";

/** Counts the interrupts it gets, and ends a moment after the first. */
const COUNTER = `
let count = 0;
process.on("SIGINT", () => { count += 1; setTimeout(() => { console.log(count); process.exit(0); }, 200); });
setInterval(() => {}, 1000);
console.log("ready");
`;

/** In an object, because the process is a promise of its own end. */
async function started(children: Children) {
  const child = children.start(process.execPath, ["-e", COUNTER]);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return { child };
}

describe("Children", () => {
  it("passes an interrupt on exactly once, to all that run", async () => {
    const children = new Children();
    const running = [await started(children), await started(children)];
    children.interrupt();
    expect((await Promise.all(running.map(({ child }) => child))).map(({ stdout }) => stdout)).toEqual([
      "ready\n1",
      "ready\n1",
    ]);
  });

  it("starts nothing after an interrupt", () => {
    const children = new Children();
    children.interrupt();
    expect(children.isInterrupted()).toBe(true);
    expect(() => children.start(process.execPath, ["-e", ""])).toThrow(InterruptedError);
  });

  it("keeps children out of the terminal's process group, so that Ctrl-C does not reach them a second time", async () => {
    const children = new Children();
    const { child } = await started(children);
    const { stdout } = await execa("ps", ["-o", "pgid=", "-p", String(child.pid)]);
    expect(Number(stdout)).toBe(child.pid);
    children.interrupt();
    await child;
  });

  it("waits for running work on a signal that arrives several times at once, and tells the person", async () => {
    const children = new Children();
    const notices: number[] = [];
    const result = await children.forwarding(
      (interrupts) => notices.push(interrupts),
      async () => {
        const { child } = await started(children);
        process.emit("SIGINT");
        process.emit("SIGINT");
        return (await child).stdout;
      },
    );
    expect(result).toBe("ready\n1");
    expect(notices).toEqual([1]);
  });

  it("leaves signals alone when the work is over", async () => {
    const before = process.listenerCount("SIGINT");
    await new Children().forwarding(
      () => undefined,
      () => delay(1),
    );
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});
