import { once } from "node:events";
import { spawn } from "node:child_process";
import { groupCommands, isAlive } from "../../tools/processes";

/** A process whose child has ended, which it does not notice: it says the child's number. */
const CARELESS =
  "import os, time\npid = os.fork()\nif pid == 0: os._exit(0)\ntime.sleep(0.3)\nprint(pid, flush=True)\ntime.sleep(60)";

it("takes a process that has ended for ended, even if its parent has not noticed", async () => {
  const parent = spawn("python3", ["-c", CARELESS], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const child = Number(said.toString());
  // It has its number still.
  expect(() => process.kill(child, 0)).not.toThrow();
  expect([isAlive(child), isAlive(parent.pid ?? 0), isAlive(process.pid)]).toEqual([false, true, true]);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  expect(isAlive(parent.pid ?? 0)).toBe(false);
});

it("lists the commands of a process group, and of no other", async () => {
  const leader = spawn("sh", ["-c", "sleep 61 & echo ready; wait"], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(leader.stdout, "data");
  await expect(groupCommands(leader.pid ?? 0)).resolves.toEqual(expect.arrayContaining(["sleep 61"]));
  process.kill(-(leader.pid ?? 0), "SIGKILL");
  await once(leader, "exit");
  await expect(groupCommands(2 ** 30)).resolves.toEqual([]);
});
