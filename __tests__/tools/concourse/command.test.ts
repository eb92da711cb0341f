import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CommandError, UsageError } from "../../../tools/command-error";
import { concourseCommand } from "../../../tools/concourse/command";
import { FakeKubectl } from "./fake-kubectl";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "concourse-"));
  jest.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

async function set(environment: string, kubectl: FakeKubectl): Promise<string> {
  const printed = jest.spyOn(console, "log").mockReturnValue();
  const surroundings = { env: kubectl.env, suffix: "1", pauseMs: 1, looks: 2 };
  await concourseCommand({ surroundings }).parseAsync(["pipeline", "set", environment], { from: "user" });
  return printed.mock.calls.flat().join("\n");
}

describe("opsdx concourse pipeline set", () => {
  it("renews the login, then sets the pipeline, and says what the Jobs said", async () => {
    const kubectl = new FakeKubectl(folder, "Complete");
    expect(await set("dev", kubectl)).toBe("said something\nsaid something");
    const at = "--context k8s.dev.opsdx.io --request-timeout=10s -n concourse";
    expect(kubectl.lines).toEqual(
      ["renew-registry-login", "set-main-pipeline"].flatMap((template) => [
        `${at} create job ${template}-1 --from=cronjob/${template}`,
        `${at} get job ${template}-1 -o json`,
        `${at} logs job/${template}-1 --tail=200`,
      ]),
    );
  });

  it("ends where a Job failed, with what it said", async () => {
    const kubectl = new FakeKubectl(folder, "Failed");
    await expect(set("dev", kubectl)).rejects.toThrow(
      new CommandError("renew-registry-login-1 failed. It said:\nsaid something"),
    );
    expect(kubectl.lines).toHaveLength(3);
  });

  it("gives a Job up that does not end, and says how to look at it", async () => {
    await expect(set("dev", new FakeKubectl(folder, "never"))).rejects.toThrow(
      /has not ended within 0.002 s.*kubectl --context k8s.dev.opsdx.io -n concourse describe/,
    );
  });

  it("asks no cluster where an environment has no Concourse", async () => {
    await expect(set("prod", new FakeKubectl(folder, "Complete"))).rejects.toThrow(
      new UsageError('<env> must be one that has Concourse (dev), got "prod"'),
    );
  });
});
