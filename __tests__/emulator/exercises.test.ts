import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { CloudWatchAlarms } from "../../tools/exercise/alarms";
import { LOCK_KEY, withExerciseLock, type Exercise } from "../../tools/exercise/lock";
import { S3ExerciseStore } from "../../tools/exercise/store";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { signIn, useEmulator } from "./support";

const before = { ...process.env };
const folder = mkdtempSync(path.join(os.tmpdir(), "exercises-"));
const paths = new SandboxPaths(folder);
const account = { environment: "dev", id: "111122223333", region: "us-east-1" };
const Bucket = "opsdx-dev-exercises-111122223333";
const { region } = account;

beforeAll(async () => {
  await useEmulator(paths);
  await signIn(account.id);
}, 300_000);

afterAll(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true });
  process.env = before;
});

describe("exercises on a server that speaks S3 and CloudWatch", () => {
  const store = () => new S3ExerciseStore(account, process.env);

  it("say what makes the bucket where there is none", async () => {
    await expect(store().read(LOCK_KEY)).rejects.toThrow(/does not exist.*cdktf deploy dev-stage3 .*makes it/);
    await expect(store().claim(LOCK_KEY, "x")).rejects.toThrow("dev-stage3");
  });

  it("have one lock in a bucket with versions, which is given back, and taken from who left it", async () => {
    const s3 = new S3Client({ region });
    await s3.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const watch = { now: () => Date.now(), say: () => undefined };
    const exercise: Exercise = { kind: "load", name: "smoke", who: "ada", until: Date.now() + 60_000 };
    const lock = <T>(one: Exercise, work: () => Promise<T>) => withExerciseLock(store(), "dev", one, watch, work);
    for (const turn of [1, 2]) {
      await lock(exercise, async () => {
        await expect(lock(exercise, () => Promise.resolve())).rejects.toThrow("load smoke of ada");
        expect(await store().list("lock/")).toEqual([LOCK_KEY]);
      });
      expect([turn, await store().read(LOCK_KEY)]).toEqual([turn, undefined]);
    }
    await lock({ ...exercise, until: 0 }, () => lock(exercise, () => Promise.resolve()));
    expect(await store().list("lock/")).toEqual([]);
    await store().write("load/1/a.csv", "a,b", "text/csv");
    expect((await store().read("load/1/a.csv"))?.text).toBe("a,b");
  });

  it("read alarms, more than one request tells of, and those that are not there", async () => {
    const cloudWatch = new CloudWatchClient({ region });
    const names = Array.from({ length: 101 }, (_, index) => `opsdx-dev-${index}`);
    const metric = { Namespace: "N", MetricName: "M", Period: 60, Statistic: "Sum", EvaluationPeriods: 1 } as const;
    for (const AlarmName of names.slice(1)) {
      await cloudWatch.send(
        new PutMetricAlarmCommand({ AlarmName, ...metric, Threshold: 1, ComparisonOperator: "GreaterThanThreshold" }),
      );
    }
    const last = "opsdx-dev-100";
    await cloudWatch.send(new SetAlarmStateCommand({ AlarmName: last, StateValue: "ALARM", StateReason: "too much" }));
    const standings = await new CloudWatchAlarms(account, process.env).standings(names);
    expect(standings.map(({ name }) => name)).toEqual(names);
    expect(standings[0]).toEqual({ name: "opsdx-dev-0", state: "MISSING" });
    expect(standings[100]).toMatchObject({ state: "ALARM", reason: "too much" });
    expect(Math.abs(Date.now() - (standings[100]?.since ?? 0))).toBeLessThan(300_000);
  });
});
