import { configWith, FakeEnvironment, run } from "./support";

const on = configWith({ epic2op: { enabled: true }, "c2dw-daily": { enabled: true }, op2dw: { enabled: false } });
const off = configWith({
  epic2op: { enabled: false, image: undefined },
  "c2dw-daily": { enabled: false },
  op2dw: { enabled: false },
});

function deployed(...states: readonly ("ENABLED" | "DISABLED")[]): FakeEnvironment {
  const environment = new FakeEnvironment();
  const [epic2op = "ENABLED", daily = "ENABLED", op2dw = "DISABLED"] = states;
  environment.deploy("epic2op", epic2op);
  environment.deploy("c2dw-daily", daily);
  environment.deploy("op2dw", op2dw);
  return environment;
}

describe("opsdx etl pause", () => {
  it("turns the switch, and says how long that holds and what it means", async () => {
    const environment = deployed();
    const { out } = await run("pause dev epic2op", environment, on);
    expect(environment.changes).toEqual(["turn opsdx-dev-epic2op DISABLED"]);
    expect(out.split("\n")).toEqual([
      "epic2op: its schedule is paused now",
      "  The next `npx cdktf deploy dev-stage3 --ignore-missing-stack-dependencies` puts it back. To keep it: etls.epic2op.enabled: false in config/environments/dev.ts, then deploy.",
      "  A run that is on its way goes on.",
      "  Its freshness alarm goes off 45 min 0 s after the last success; only enabled: false in config puts it to sleep.",
    ]);
  });

  it("may be repeated", async () => {
    const environment = deployed("DISABLED");
    const { out, failure } = await run("pause dev epic2op", environment, on);
    expect([out.split("\n")[0], failure]).toEqual(["epic2op: its schedule is paused already", undefined]);
    expect(environment.changes).toEqual([]);
  });

  it("pauses all that have a schedule", async () => {
    const environment = deployed();
    const { out } = await run("pause dev all", environment, on);
    expect(environment.changes).toEqual(["turn opsdx-dev-epic2op DISABLED", "turn opsdx-dev-c2dw-daily DISABLED"]);
    expect(out).toContain(
      "op2dw: its schedule is paused already\n  etls.op2dw.enabled is false in config/environments/dev.ts, so it stays so.",
    );
    expect(out).not.toContain("c2dw:");
  });

  it("changes none when one cannot be read", async () => {
    const environment = deployed();
    environment.schedules.delete("opsdx-dev-op2dw");
    expect((await run("pause dev all", environment, on)).failure).toBe("The schedule opsdx-dev-op2dw is not there");
    expect(environment.changes).toEqual([]);
  });

  it.each(["pause", "resume"])("has nothing to %s where there is no schedule", async (verb) => {
    expect((await run(`${verb} dev c2dw`, deployed(), on)).failure).toBe(
      "c2dw has no schedule: it runs when somebody launches it, so there is nothing to pause or resume",
    );
  });
});

describe("opsdx etl resume", () => {
  it("turns the switch back", async () => {
    const environment = deployed("DISABLED");
    const { out } = await run("resume dev epic2op", environment, on);
    expect(environment.changes).toEqual(["turn opsdx-dev-epic2op ENABLED"]);
    expect(out.split("\n")).toEqual([
      "epic2op: its schedule is running now",
      "  etls.epic2op.enabled is true in config/environments/dev.ts, so it stays so.",
    ]);
  });

  it("refuses what config switches off, and tells why", async () => {
    const environment = deployed("DISABLED");
    expect((await run("resume dev epic2op", environment, off)).failure).toBe(
      "epic2op stays paused: config/environments/dev.ts says etls.epic2op.enabled: false, so the next deploy would pause it again, and no image is set, so every slot would fail\n" +
        "Set enabled: true there and deploy, or resume until the next deploy with --force",
    );
    expect(environment.changes).toEqual([]);
  });

  it("may be forced, until the next deploy", async () => {
    const environment = deployed("DISABLED");
    const { out } = await run("resume dev epic2op --force", environment, off);
    expect(environment.changes).toEqual(["turn opsdx-dev-epic2op ENABLED"]);
    expect(out.split("\n")[1]).toBe(
      "  The next `npx cdktf deploy dev-stage3 --ignore-missing-stack-dependencies` puts it back. To keep it: etls.epic2op.enabled: true in config/environments/dev.ts, then deploy.",
    );
  });

  it("leaves out of all what config switches off, and says so", async () => {
    const environment = deployed("DISABLED", "DISABLED");
    const { failure } = await run("resume dev all", environment, on);
    expect(failure).toBeUndefined();
    expect(environment.changes).toEqual(["turn opsdx-dev-epic2op ENABLED", "turn opsdx-dev-c2dw-daily ENABLED"]);
    expect(environment.said).toEqual([
      "op2dw stays paused: config/environments/dev.ts says etls.op2dw.enabled: false, so the next deploy would pause it again",
    ]);
  });

  it("refuses all when config switches all off", async () => {
    const environment = deployed("DISABLED", "DISABLED");
    const { failure = "" } = await run("resume dev all", environment, off);
    expect(failure.split("\n").map((line) => line.split(" ")[0])).toEqual(["epic2op", "c2dw-daily", "op2dw", "Set"]);
    expect(environment.changes).toEqual([]);
  });
});
