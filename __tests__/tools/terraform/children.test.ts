import { setTimeout as delay } from "node:timers/promises";
import execa from "execa";
import { ExplainedError } from "../../../config/explained-error";
import { Children, InterruptedError } from "../../../tools/terraform/children";

/** Counts the interrupts it gets, and ends a moment after the first. */
const COUNTER = `
let count = 0;
process.on("SIGINT", () => { count += 1; setTimeout(() => { console.log(count); process.exit(0); }, 200); });
setInterval(() => {}, 1000);
console.log("ready");
`;

/** In an object, because the process is a promise of its own end. */
async function started(children: Children, how: "start" | "finish" = "start", program = COUNTER) {
  const child = children[how](process.execPath, ["-e", program]);
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

  it("lets what changes something end, and stops it at the second interrupt", async () => {
    const children = new Children();
    const { child } = await started(children, "finish");
    children.interrupt();
    await delay(300);
    expect(child.exitCode).toBeNull();
    children.interrupt();
    expect((await child).stdout).toBe("ready\n1");
  });

  it("kills at the third what does not end at the second, with all that it has started", async () => {
    const children = new Children();
    const stubborn = 'process.on("SIGINT", () => {}); setInterval(() => {}, 1000); console.log("ready");';
    const { child } = await started(children, "finish", stubborn);
    for (let count = 0; count < 3; count += 1) children.interrupt();
    expect((await child).signal).toBe("SIGKILL");
  });

  it("sends what it was told to from the second interrupt on", async () => {
    const children = new Children(["SIGKILL"]);
    const { child } = await started(children, "finish");
    children.interrupt();
    children.interrupt();
    expect((await child).signal).toBe("SIGKILL");
  });

  it("treats what runs already in the same way, for as long as the work takes", async () => {
    const children = new Children();
    const signals: string[] = [];
    const running = { stop: (signal: string) => void signals.push(signal) };
    await children.during(running, true, () => {
      children.interrupt();
      expect(signals).toEqual([]);
      children.interrupt();
      return Promise.resolve();
    });
    children.interrupt();
    expect(signals).toEqual(["SIGINT"]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)(
    "ends with the exit code of %s, whatever comes of the work, and keeps what the work says",
    async (signal, code) => {
      const children = new Children();
      expect(children.exitCode).toBeUndefined();
      const work = children.forwarding(
        () => undefined,
        () => {
          process.emit(signal, signal);
          return Promise.reject(new ExplainedError("the rest is undone"));
        },
      );
      await expect(work).rejects.toMatchObject({
        exitCode: code,
        message: "the rest is undone",
        name: "InterruptedError",
      });
      expect(children.exitCode).toBe(code);
      expect(() => children.throwIfInterrupted()).toThrow(InterruptedError);
    },
  );

  it("keeps a mistake of the program a mistake", async () => {
    const children = new Children();
    const work = children.forwarding(
      () => undefined,
      () => {
        process.emit("SIGINT");
        return Promise.reject(new TypeError("a mistake"));
      },
    );
    await expect(work).rejects.toThrow(TypeError);
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
