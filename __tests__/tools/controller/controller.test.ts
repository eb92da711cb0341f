import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { CONTROLLER_TOOLS, parseToolLock, TOOL_LOCK, toolLockText } from "../../../config/controller-tools";
import { loadConfig } from "../../../config/load";
import { CommandError } from "../../../tools/command-error";
import { controllerCommand, type ControllerCommandProps } from "../../../tools/controller/command";
import { publishedDigest } from "../../../tools/controller/sums";
import { script } from "../kops/support";

const SUM = "a".repeat(64);
const OTHER = "b".repeat(64);

/** A publisher that answers this. */
const says = (text: string, status = 200): typeof fetch =>
  jest.fn(() => Promise.resolve(new Response(text, { status })));
const HELM = { name: "helm", version: "1", url: "https://x.org/helm.tar.gz", sums: "https://x.org/sums" };

describe("publishedDigest", () => {
  it.each([
    ["a checksum alone", `${SUM}\n`],
    ["one with its file", `${SUM}  helm.tar.gz\n`],
    ["one of many", `${OTHER}  helm.zip\n${SUM} *helm.tar.gz\n`],
    ["PyPI's", JSON.stringify({ urls: [{ filename: "helm.tar.gz", digests: { sha256: SUM } }] })],
  ])("reads %s", async (_, text) => {
    await expect(publishedDigest(HELM, says(text))).resolves.toBe(`sha256:${SUM}`);
  });

  it.each([
    ["another file's", `${SUM}  helm.zip\n`, 200],
    ["none", "<html>", 200],
    ["an error", "gone", 404],
  ])("refuses %s, and names the tool and the address", async (_, text, status) => {
    const error: unknown = await publishedDigest(HELM, says(text, status)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CommandError);
    expect((error as Error).message).toMatch(/^helm 1: https:\/\/x\.org\/sums /);
  });
});

describe("opsdx controller", () => {
  let root = "";
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "controller-"));
    fs.mkdirSync(path.join(root, "config"));
    fs.writeFileSync(path.join(root, TOOL_LOCK), toolLockText({}));
  });
  afterEach(() => {
    fs.rmSync(root, { recursive: true });
    process.exitCode = 0;
  });

  const calls = (): string => fs.readFileSync(path.join(root, "calls"), "utf8");
  /** An AWS CLI in whose account the group has this many wanted, and an instance whose agent is so. */
  function cloud(wanted: number, agent = "Online"): NodeJS.ProcessEnv {
    const instance = { InstanceId: "i-1", LifecycleState: "InService", HealthStatus: "Healthy" };
    const group = { DesiredCapacity: wanted, Instances: wanted === 0 ? [] : [instance] };
    const answers = {
      "sts get-caller": { Account: "444455556666", Arn: "arn:aws:iam::444455556666:role/me" },
      "autoscaling describe-": { AutoScalingGroups: [group] },
      "ssm describe-": { InstanceInformationList: [{ InstanceId: "i-1", PingStatus: agent }] },
    };
    const cases = Object.entries(answers).map(([words, answer]) => `"${words}"*) echo '${JSON.stringify(answer)}' ;;`);
    script(path.join(root, "bin/aws"), `echo "$*" >> ${root}/calls`, `case "$*" in ${cases.join(" ")} esac`);
    return { PATH: `${path.join(root, "bin")}:/usr/bin:/bin` };
  }
  async function run(words: string, props: ControllerCommandProps = {}) {
    const out: string[] = [];
    const log = jest.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
    try {
      const error: unknown = await controllerCommand({ root, today: () => new Date("2026-11-29T12:00:00Z"), ...props })
        .parseAsync(words.split(" "), { from: "user" })
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      return { out: out.join("\n"), error, code: process.exitCode ?? 0 };
    } finally {
      log.mockRestore();
    }
  }

  it("lock writes what the publishers give, dated, and keeps what is not to be had", async () => {
    const digest = ({ name }: { name: string }) =>
      name === "helm" ? Promise.reject(new CommandError("helm is not to be had")) : Promise.resolve(`sha256:${SUM}`);
    const { code, out } = await run("lock", { digest });
    const lock = parseToolLock(fs.readFileSync(path.join(root, TOOL_LOCK), "utf8"));
    expect([code, Object.keys(lock).length]).toEqual([1, CONTROLLER_TOOLS.length - 1]);
    expect(Object.values(lock)[0]).toEqual({ digest: `sha256:${SUM}`, lockedOn: "2026-11-29" });
    expect(out).toContain("helm is not to be had");
    const again = await run("lock", { digest: () => Promise.resolve(`sha256:${OTHER}`) });
    expect(again.out).toContain("its publisher has put another file there");
  });

  it("status says whether people get in, and fails when one should and none does", async () => {
    const there = await run("status dev", { env: cloud(1) });
    expect([there.code, there.out]).toEqual([0, expect.stringContaining("Online")]);
    const stopped = await run("status dev", { env: cloud(0) });
    expect([stopped.code, stopped.out]).toEqual([0, expect.stringContaining("Stopped")]);
    expect(await run("status dev --json", { env: cloud(1, "ConnectionLost") })).toMatchObject({ code: 1 });
  });

  it("start and stop set how many there shall be, after an answer", async () => {
    await run("stop dev", { env: cloud(1), ask: () => Promise.resolve("dev") });
    expect(calls()).toContain(
      "set-desired-capacity --auto-scaling-group-name opsdx-dev-controllers --desired-capacity 0",
    );
    await run("start dev --yes", { env: cloud(0) });
    expect(calls()).toContain("--desired-capacity 1");
  });

  it("changes nothing after another answer, or where nothing is to be done", async () => {
    const { error } = await run("stop dev", { env: cloud(1), ask: () => Promise.resolve("prod") });
    expect((error as Error).message).toContain("nothing was changed");
    expect((await run("start dev", { env: cloud(1) })).out).toContain("Nothing to do");
    expect(calls()).not.toContain("set-desired-capacity");
  });

  it("connect enters the one that lets people in, by the document that records", async () => {
    const { error } = await run("connect dev", { env: cloud(1) });
    expect(error).toBeUndefined();
    expect(calls()).toContain(
      "ssm start-session --region us-east-1 --target i-1 --document-name opsdx-dev-controller-sessions",
    );
    const away = await run("connect dev", { env: cloud(1, "ConnectionLost") });
    expect((away.error as Error).message).toContain("There is none to enter yet");
  });

  it("is refused where the environment has none, and in the wrong account, before anything is asked", async () => {
    const { environments, global } = loadConfig();
    const load = () => ({ global, environments: environments.map((one) => ({ ...one, controllers: undefined })) });
    const without = await run("status dev", { load, env: cloud(1) });
    expect((without.error as Error).message).toContain("config/environments/dev.ts must have `controllers`");
    const elsewhere = await run("stop prod --yes", { env: cloud(1) });
    expect((elsewhere.error as Error).message).toContain("The credentials belong to account 444455556666");
    expect(calls()).not.toContain("autoscaling");
  });
});
