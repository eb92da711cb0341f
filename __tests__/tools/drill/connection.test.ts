import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { connect, firingIn } from "../../../tools/drill/connection";

const [dev] = loadConfig().environments;
if (dev === undefined) throw new Error("no environment");
const folder = mkdtempSync(path.join(tmpdir(), "drill-connection-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As `promtool query -o json instant` prints a vector. */
const SAID = JSON.stringify([
  {
    metric: { __name__: "ALERTS", alertname: "opsdx-dev-k8s-pods-pending", alertstate: "firing", severity: "ticket" },
    value: [1773079200, "1"],
  },
]);

it("what Prometheus says of its alerts is asked in its pod, and tells no time at which one fired", async () => {
  const asked = path.join(folder, "asked");
  const kubectl = path.join(folder, "kubectl");
  writeFileSync(kubectl, `#!/bin/sh\nprintf '%s\\n' "$@" > ${asked}\necho '${SAID}'\n`);
  chmodSync(kubectl, 0o755);
  const connection = connect(dev, { PATH: `${folder}:${process.env["PATH"] ?? ""}` });
  const alarms = ["opsdx-dev-k8s-pods-pending", "opsdx-dev-k8s-volume-filling"].map((name) => ({
    name,
    cluster: "k8s",
  }));
  expect(await connection.standings(alarms)).toEqual([
    { name: "opsdx-dev-k8s-pods-pending", state: "ALARM" },
    { name: "opsdx-dev-k8s-volume-filling", state: "OK" },
  ]);
  const words = readFileSync(asked, "utf8").trim().split("\n");
  expect(words.slice(0, words.indexOf("--"))).toEqual(
    "--context k8s.dev.opsdx.io -n monitoring exec statefulset/prometheus-prometheus -c prometheus".split(" "),
  );
  expect(words.slice(words.indexOf("--") + 1)).toEqual([
    "promtool",
    "query",
    "-o",
    "json",
    "instant",
    "http://127.0.0.1:9090",
    'ALERTS{alertstate="firing"}',
  ]);
});

it("no alert is none", () => {
  expect(firingIn("[]")).toEqual(new Map());
});
