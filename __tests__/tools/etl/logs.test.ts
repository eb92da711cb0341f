import { lineOf } from "../../../tools/etl/logs";
import { FakeEnvironment, NOW, run } from "./support";

const GROUP = "opsdx-dev-k8s-logs";
const EPIC2OP = "kubernetes/default/epic2op/dev";

function write(environment: FakeEnvironment, stream: string, ago: number, message: string, group = GROUP): void {
  const id = String(environment.logs.length);
  environment.logs.push({ id, timestamp: environment.now - ago, message, group, stream });
}

describe("a line", () => {
  it.each([
    ['{"log":"loaded 3 rows\\n","stream":"stdout"}', "loaded 3 rows"],
    ['{"event":"run.finished","etl":"epic2op"}', '{"event":"run.finished","etl":"epic2op"}'],
    ['{"log":3}', '{"log":3}'],
    ["Traceback (most recent call last):\n", "Traceback (most recent call last):"],
    ["null", "null"],
    ["", ""],
  ])("of %s is %s", (message, line) => {
    expect(lineOf(message)).toBe(line);
  });
});

describe("opsdx etl logs", () => {
  it("prints the lines of the ETL's streams, oldest first, three hours back", async () => {
    const environment = new FakeEnvironment();
    write(environment, EPIC2OP, 60_000, '{"log":"second\\n"}');
    write(environment, EPIC2OP, 120_000, '{"log":"first\\n"}');
    write(environment, "kubernetes/default/op2dw/dev", 60_000, "of another");
    write(environment, EPIC2OP, 4 * 3_600_000, "too old");
    expect((await run("logs dev epic2op", environment)).out).toBe("first\nsecond");
  });

  it.each([
    ["c2dw-daily", GROUP, "kubernetes/default/c2dw/dev/daily"],
    ["c2dw", "opsdx-ml-dev-k8s-logs", "kubernetes/c2dw/etl/c2dw/etl/pod-1"],
  ])("finds those of %s", async (etl, group, stream) => {
    const environment = new FakeEnvironment();
    write(environment, stream, 1000, "here", group);
    expect((await run(`logs dev ${etl}`, environment)).out).toBe("here");
  });

  it("prints the launcher's lines", async () => {
    const environment = new FakeEnvironment();
    write(environment, "2026/03/08/[3]abc", 1000, '{"event":"launch.finished"}', "/aws/lambda/opsdx-dev-etl-lambda");
    write(environment, EPIC2OP, 1000, "of a run");
    expect((await run("logs dev epic2op --launcher", environment)).out).toBe('{"event":"launch.finished"}');
  });

  it("says where it looked when there is none", async () => {
    const environment = new FakeEnvironment();
    const { out, failure } = await run("logs dev epic2op --since 30m", environment);
    expect([out, failure]).toEqual(["", undefined]);
    expect(environment.said).toEqual([
      "No line since 30m in opsdx-dev-k8s-logs, streams kubernetes/default/epic2op/dev*.",
    ]);
  });

  it("follows: late lines too, and none twice", async () => {
    const environment = new FakeEnvironment();
    write(environment, EPIC2OP, 1000, "before");
    environment.whileAsleep = (sleeps) => {
      if (sleeps === 1) write(environment, EPIC2OP, 0, "after");
      if (sleeps === 2) write(environment, EPIC2OP, 90_000, "late");
      if (sleeps === 60) throw new Error("interrupted");
    };
    const { out, failure } = await run("logs dev epic2op --follow", environment);
    expect(failure).toBe("interrupted");
    expect(out).toBe("before\nafter\nlate");
    expect(environment.now).toBe(NOW + 300_000);
  });

  it("names every fault at once", async () => {
    const { failure = "" } = await run("logs dev epic2 --since 3weeks", new FakeEnvironment());
    expect(failure.split("\n").map((line) => line.split(" ")[0])).toEqual(["<etl>", "--since"]);
  });
});
