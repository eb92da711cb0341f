import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../../config/load";
import { jobOf } from "../../../tools/cluster-jobs";
import { connect } from "../../../tools/services/connection";
import { FakeServices } from "./fake-services";

let services: FakeServices;
let printed: string[];
beforeEach(() => {
  services = new FakeServices();
  printed = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => jest.restoreAllMocks());

const run = (line: string, ask?: (question: string) => Promise<string>) =>
  services.command(ask && { ask }).parseAsync(["database", ...line.split(" ")], { from: "user" });

describe("opsdx services database", () => {
  it("makes a Job of the template, and prints what its program said", async () => {
    await run("dev grafana create");
    expect(services.calls).toEqual(["job k8s.dev.opsdx.io monitoring grafana-database {}"]);
    expect(printed).toEqual(['{"event":"service-database"}']);
    expect(services.said[0]).toContain("kubectl --context k8s.dev.opsdx.io -n monitoring logs job/grafana-database-1");
  });

  it("resets after a whole snapshot, once the name was typed", async () => {
    const asked: string[] = [];
    await run("dev redash reset", (question) => Promise.resolve((asked.push(question), "dev/redash")));
    expect(asked).toEqual(["Everything in the database redash goes. To go on, type dev/redash: "]);
    expect(services.calls).toEqual([
      "snapshot opsdx-dev-services opsdx-dev-services-before-reset-of-redash-20260310t060000z",
      'job k8s.dev.opsdx.io redash redash-database {"RESET":"redash"}',
    ]);
    expect(services.said).toContain("50 %");
  });

  it.each(["failed", "missing", "deleting"])("drops nothing after a snapshot that is %s", async (status) => {
    services.statuses = ["creating", status];
    await expect(run("dev redash reset --confirm dev/redash")).rejects.toThrow(`is "${status}". Nothing was dropped`);
    expect(services.calls).toHaveLength(1);
  });

  it("drops nothing when the snapshot takes too long, or until the load has begun", async () => {
    services.statuses = Array.from({ length: 1000 }, () => "creating");
    await expect(run("dev redash reset --confirm dev/redash")).rejects.toThrow(
      "took over 120 minutes. Nothing was dropped",
    );
    services = new FakeServices();
    services.now = Date.parse("2026-03-10T12:59:50Z");
    await expect(run("dev redash reset --confirm dev/redash")).rejects.toThrow("this is the load window");
    expect(services.calls).toHaveLength(1);
  });

  it.each(["2026-03-10T13:30:00Z", "2026-01-10T16:29:00Z", "2026-07-10T13:00:00Z"])(
    "is refused in the load window (%s), where create is not",
    async (now) => {
      services.now = Date.parse(now);
      await expect(run("dev redash reset --confirm dev/redash")).rejects.toThrow(
        "Nothing was changed: this is the load window, 09:00-11:30 America/New_York",
      );
      expect(services.calls).toEqual([]);
      await run("dev redash create");
      expect(services.calls).toHaveLength(1);
    },
  );

  it.each([
    ["dev redash reset --confirm prod/redash", 'the confirmation must be dev/redash, got "prod/redash"'],
    ["dev redash reset", 'the confirmation must be dev/redash, got ""'],
    ["dve redash create", 'got "dve"; the nearest is "dev"'],
    ["dev rdash create", 'got "rdash"; the nearest is "redash"'],
    ["dev redash rest", 'got "rest"; the nearest is "reset"'],
  ])("refuses %s before anything is asked of AWS", async (line, message) => {
    await expect(run(line)).rejects.toThrow(message);
    expect(services.calls).toEqual([]);
  });

  it("refuses another account, and a service that is not configured", async () => {
    services.accountId = "999999999999";
    await expect(run("dev redash create")).rejects.toThrow("The credentials belong to account 999999999999");
    const dev = { ...loadConfig().environments[0], redash: undefined };
    const load = () => ({ ...loadConfig(), environments: [dev as never] });
    await expect(
      services.command({ load }).parseAsync(["database", "dev", "redash", "create"], { from: "user" }),
    ).rejects.toThrow('<service> must be configured in config/environments/dev.ts, got "redash"');
    expect(services.calls).toEqual([]);
  });

  it("says what a Job that failed said, and how to go on", async () => {
    services.ends = "Failed";
    await expect(run("dev redash reset --confirm dev/redash")).rejects.toThrow(
      'Job redash-database-1 failed: {"event":"service-database"}\nMend that, then: npx opsdx services database dev redash create',
    );
    services.ends = undefined;
    await expect(run("dev redash create")).rejects.toThrow("Job redash-database-1 has not ended in 10 minutes");
  });
});

describe("a Job of a template", () => {
  const container = { name: "it", env: [{ name: "A", value: "1" }] };
  const template = {
    spec: {
      jobTemplate: {
        metadata: { labels: { app: "it" } },
        spec: { backoffLimit: 3, template: { spec: { containers: [container] } } },
      },
    },
  };

  it("is the template's, and one that is told more is tried once", () => {
    expect(jobOf(template, "it-1", {})).toEqual({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "it-1", labels: { app: "it" } },
      spec: template.spec.jobTemplate.spec,
    });
    expect(jobOf(template, "it-1", { RESET: "it" }).spec).toEqual({
      backoffLimit: 0,
      template: {
        spec: {
          containers: [
            {
              name: "it",
              env: [
                { name: "A", value: "1" },
                { name: "RESET", value: "it" },
              ],
            },
          ],
        },
      },
    });
  });

  it("goes to the cluster by the person's kubectl", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "services-kubectl-"));
    try {
      writeFileSync(path.join(folder, "template"), JSON.stringify(template));
      const script = `#!/bin/sh\necho "$@" >> '${folder}/calls'\ncase "$*" in *create*) for f; do :; done; cat "$f" > '${folder}/made';; *) cat '${folder}/template';; esac\n`;
      writeFileSync(path.join(folder, "kubectl"), script);
      chmodSync(path.join(folder, "kubectl"), 0o755);
      const dev = loadConfig().environments[0] as never;
      const { jobs } = connect(dev, { PATH: `${folder}:/usr/bin:/bin`, AWS_REGION: "us-east-1" });
      const place = { environment: "dev", cluster: "k8s", context: "k8s.dev.opsdx.io", namespace: "redash" };
      const name = await jobs.begin(place, "redash-database", { RESET: "redash" });
      expect(name).toMatch(/^redash-database-[0-9a-f]{8}$/);
      expect(JSON.parse(readFileSync(path.join(folder, "made"), "utf8"))).toEqual(
        jobOf(template, name, { RESET: "redash" }),
      );
      const [read, made] = readFileSync(path.join(folder, "calls"), "utf8").split("\n");
      expect(read).toContain(
        "--context k8s.dev.opsdx.io --request-timeout=10s get --raw /apis/batch/v1/namespaces/redash/cronjobs/redash-database",
      );
      expect(made).toContain("create --raw /apis/batch/v1/namespaces/redash/jobs -f ");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
