import { PassThrough } from "node:stream";
import { describe as describeLine, ProgressDisplay } from "../../../tools/sandbox/progress";
import { RunProgress } from "../../../tools/terraform/events";

function progress(): RunProgress {
  const run = new RunProgress();
  run.add({ kind: "total", operation: "plan", changes: 12 });
  for (const address of ["aws_a.A", "aws_b.B", "aws_c.C", "aws_d.D"])
    run.add({ kind: "started", address, action: "create" });
  run.add({ kind: "finished", address: "aws_a.A", action: "create" });
  return run;
}

const line = { stack: "dev-stage1", phase: "apply", startedAt: 0 };

describe("a stack's line", () => {
  it("says what is done, for how long, and what is going on", () => {
    expect(describeLine({ ...line, progress: progress() }, 83_400)).toBe(
      "dev-stage1: apply · 1/12 changes · 83 s · now aws_b.B, aws_c.C, aws_d.D",
    );
  });

  it("counts what was read while there is no plan yet", () => {
    const run = new RunProgress();
    run.add({ kind: "refreshed", address: "aws_a.A" });
    expect(describeLine({ ...line, progress: run }, 1_000)).toBe("dev-stage1: apply · 1 read · 1 s");
  });

  it("never wraps", () => {
    const text = describeLine({ ...line, progress: progress() }, 0, 30);
    expect(text).toHaveLength(30);
    expect(text.endsWith("…")).toBe(true);
  });
});

/** A stream that remembers what was written. */
function stream(isTTY: boolean) {
  const written: string[] = [];
  const pass = new PassThrough();
  pass.on("data", (chunk: Buffer) => written.push(chunk.toString()));
  return { stream: Object.assign(pass, { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream, written };
}

describe("ProgressDisplay", () => {
  it("prints plain lines, without control characters, when nobody sits at a terminal", () => {
    const { stream: target, written } = stream(false);
    const display = new ProgressDisplay(target, 100_000);
    display.update({ ...line, phase: "init" });
    display.update({ ...line, progress: progress() });
    display.update({ ...line, progress: progress() });
    display.finish("dev-stage1", "applied in 9 s");
    display.close();
    expect(written.join("")).toBe("dev-stage1: init …\ndev-stage1: apply …\ndev-stage1: applied in 9 s\n");
  });

  it("redraws in place on a terminal, and leaves only the outcome", () => {
    jest.useFakeTimers();
    const { stream: target, written } = stream(true);
    const display = new ProgressDisplay(target, 200);
    display.update({ ...line, startedAt: Date.now() });
    jest.advanceTimersByTime(400);
    display.finish("dev-stage1", "applied in 9 s");
    display.close();
    jest.useRealTimers();
    const text = written.join("");
    expect(text.split("\u001b[1A\u001b[0J")).toHaveLength(3);
    expect(text.endsWith("dev-stage1: applied in 9 s\n")).toBe(true);
  });
});
