import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { ControlPlanePaths } from "../../tools/control-plane/paths";
import { startDetached } from "../../tools/control-plane/processes";
import { writeWhole } from "../../tools/files";
import { useEmulator } from "../emulator/support";

test("starts an emulator and a program of a control plane, tells of them, and hangs", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "hanging-"));
  const sandbox = new SandboxPaths(path.join(folder, "sandbox"));
  await useEmulator(sandbox);
  const cluster = new ControlPlanePaths(path.join(folder, "cluster"));
  writeWhole(cluster.record, "");
  const { record } = await startDetached({
    name: "etcd",
    file: process.execPath,
    args: ["-e", "setInterval(() => {}, 1000)", cluster.etcdData],
    cwd: folder,
    log: path.join(folder, "log"),
  });
  writeWhole(cluster.record, JSON.stringify({ name: "k8s.test", ports: {}, processes: [record] }));
  writeFileSync(process.env["OPSDX_TOLD"] ?? "", JSON.stringify({ cluster: record.pid, emulator: sandbox.emulator() }));
  await new Promise(() => undefined);
}, 3_600_000);
