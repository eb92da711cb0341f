import { readFileSync } from "node:fs";
import path from "node:path";
import { PUBLIC_IMAGES } from "../../../config/images";
import { requiredVersion } from "../../../tools/load/locust";
import { problemsAfter } from "../support";

const limits = { p95Ms: 500, p99Ms: 1000, errorPercent: 1, requestsPerSecond: 0.3 };
const stage = { users: 2, seconds: 60 };

describe("load's settings", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["a group that is not there", { "dev.load.nodeGroup": "loads" }, "load.nodeGroup"],
    ["a pod that fits no node", { "dev.load.pod": { cpu: "9", memory: "1Gi" } }, "load.pod.cpu"],
    // A node has 3650m for pods.
    [
      "a pod that fits a node alone, and not with its second container",
      { "dev.load.pod": { cpu: "3650m", memory: "1Gi" } },
      "load.pod.cpu",
    ],
    ["the nodes of the web service", { "dev.load.nodeGroup": "web" }, "load.nodeGroup"],
    ["the nodes of ETLs", { "dev.load.nodeGroup": "etl" }, "load.nodeGroup"],
    ["the nodes of builds", { "dev.load.nodeGroup": "ci" }, "load.nodeGroup"],
    [
      "a kind of request called as all together",
      { "dev.load.requests.all": { method: "GET", path: "/", share: 1 } },
      "load.requests.all",
    ],
    ["a header that the firewall can't leave out", { "dev.load.keyHeader": `X-${"a".repeat(39)}` }, "load.keyHeader"],
    ["a run without end", { "dev.load.profiles.smoke.stages": [{ users: 2 }] }, "load.profiles.smoke.stages.0.seconds"],
    ["an unknown profile", { "dev.load.profiles.smokey": {} }, "load.profiles.smokey"],
    [
      "more users than may be",
      { "dev.load.profiles.smoke.stages": [{ users: 501, seconds: 60 }] },
      "load.profiles.smoke.stages.0.users",
    ],
    [
      "more time than may be",
      { "dev.load.profiles.smoke.stages": [{ users: 2, seconds: 18_001 }] },
      "load.profiles.smoke.stages",
    ],
    [
      "more requests than may be",
      { "dev.load.profiles.smoke.stages": [{ users: 500, seconds: 18_000 }] },
      "load.profiles.smoke.stages",
    ],
    [
      "a rate that nobody reaches",
      { "dev.load.profiles.smoke": { purpose: "x", stages: [stage], limits: { ...limits, requestsPerSecond: 3 } } },
      "load.profiles.smoke.limits.requestsPerSecond",
    ],
    [
      "a p95 above p99",
      { "dev.load.profiles.smoke": { purpose: "x", stages: [stage], limits: { ...limits, p95Ms: 1001 } } },
      "load.profiles.smoke.limits",
    ],
    ["a body with GET", { "dev.load.requests.page.body": "{}" }, "load.requests.page"],
    ["thinking that ends before it begins", { "dev.load.thinkSeconds": { min: 5, max: 1 } }, "load.thinkSeconds"],
    ["a page without runs", { "dev.load": undefined }, "locust"],
    ["a secret", { "dev.load.secrets": { KEY: "abc" } }, "load.secrets"],
  ])("refuse %s", (_, changes, place) => {
    expect(problemsAfter(changes).map((problem) => problem.path)).toEqual([place]);
  });

  it("have one Locust: the image's is that of the requirements, and each package there has its digests", () => {
    expect(requiredVersion("locust")).toBe(PUBLIC_IMAGES.locust.tag);
    const lines = readFileSync(path.join(__dirname, "../../../load/requirements.txt"), "utf8").split("\n");
    const packages = lines.filter((line) => /^\S+==\S+ \\$/.test(line));
    expect(packages.length).toBeGreaterThan(20);
    expect(
      lines.filter((line) => line !== "" && !/^\S+==\S+ \\$|^ {4}--hash=sha256:[0-9a-f]{64}( \\)?$/.test(line)),
    ).toEqual([]);
  });
});
