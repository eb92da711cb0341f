import { once } from "node:events";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endpointOf } from "../../../stacks/sandbox/running-sandbox";
import type { SandboxPaths } from "../../../stacks/sandbox/paths";
import { watching } from "../../../tools/sandbox/watch";
import { freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();

/** A process whose command line reads as the given words. */
function program(words: readonly string[]) {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "--", ...words], { stdio: "ignore" });
  return { pid: child.pid ?? 0, end: () => (child.kill("SIGKILL"), once(child, "exit")) };
}

function emulatorOf(paths: SandboxPaths) {
  const emulator = program(["moto_server.py", "-p", "5000"]);
  mkdirSync(paths.directory, { recursive: true });
  writeFileSync(paths.emulator(), JSON.stringify({ pid: emulator.pid, port: 5000, startedAt: "" }));
  return emulator;
}

it("says at once that the emulator has ended, names its log, and says it once", async () => {
  const paths = freshPaths(folder);
  const emulator = emulatorOf(paths);
  const said: string[] = [];
  const { result, causes } = await watching(
    paths,
    (line) => said.push(line),
    async () => {
      await emulator.end();
      while (said.length === 0) await delay(20);
      return "done";
    },
    20,
  );
  const cause =
    `The emulator (process ${emulator.pid}, ${endpointOf({ port: 5000 })}) has ended by itself: what Terraform says has this cause. ` +
    `See ${paths.emulatorLog()}; the same command again starts afresh.`;
  expect(result).toBe("done");
  expect(said).toEqual([cause]);
  expect(causes).toEqual([cause]);
});

it("names the program of a control plane that has ended, also when the run ends first", async () => {
  const paths = freshPaths(folder);
  const emulator = emulatorOf(paths);
  const cluster = paths.cluster("k8s.dev.opsdx.io");
  mkdirSync(cluster, { recursive: true });
  const [etcd, server] = [program(["etcd", `${cluster}/`]), program(["kube-apiserver", `${cluster}/`])];
  const processes = [
    { name: "etcd", pid: etcd.pid },
    { name: "kube-apiserver", pid: server.pid },
  ];
  writeFileSync(
    path.join(cluster, "control-plane.json"),
    JSON.stringify({ name: "k8s.dev.opsdx.io", ports: {}, processes }),
  );
  const calm = await watching(
    paths,
    () => undefined,
    () => Promise.resolve("done"),
  );
  expect(calm.causes).toEqual([]);
  const { causes } = await watching(
    paths,
    () => undefined,
    () => server.end(),
  );
  expect(causes).toEqual([
    `kube-apiserver of the cluster k8s.dev.opsdx.io has ended by itself: what Terraform says of that cluster has this cause. See ${cluster}/logs/kube-apiserver.log; the same command again starts it anew.`,
  ]);
  await Promise.all([emulator.end(), etcd.end()]);
});
