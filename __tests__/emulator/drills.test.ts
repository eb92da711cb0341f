import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import execa from "execa";
import { loadConfig } from "../../config/load";
import { exercisesBucket } from "../../config/names";
import { drillsOf } from "../../constructs/stage3/drills/catalogue";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { buildCli } from "../../tools/cli";
import { runShell, type DrillConnection } from "../../tools/drill/connection";
import { ABORT_KEY, openDrill, type Journal } from "../../tools/drill/journal";
import type { Scorecard } from "../../tools/drill/scorecard";
import { S3ExerciseStore } from "../../tools/exercise/store";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { FakeDrills, silently } from "../tools/drill/fake-drills";
import { calmConfig } from "./calm-config";
import { signIn, useEmulator } from "./support";

// The AWS CLI takes a second for each question, and more on a busy machine.
jest.setTimeout(600_000);

const before = { ...process.env };
const folder = mkdtempSync(path.join(os.tmpdir(), "drills-"));
const paths = new SandboxPaths(folder);
const region = "us-east-1";
const config = loadConfig();
const [dev] = config.environments;
if (dev === undefined) throw new Error("no dev");
const stateBucket = config.global.buckets.terraformState;
const ALARM = {
  Namespace: "N",
  MetricName: "M",
  Period: 60,
  Statistic: "Sum",
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: "GreaterThanThreshold",
} as const;
const catalogue = drillsOf(dev, stateBucket);
const hasCli = spawnSync("aws", ["--version"]).status === 0;

(hasCli ? describe : describe.skip)("drills on a server that speaks RDS, S3 and SQS, by the AWS CLI", () => {
  const s3 = new S3Client({ region });
  const copies = exercisesBucket("dev", "444455556666");
  let fake: FakeDrills;

  beforeAll(async () => {
    await useEmulator(paths);
    await signIn("444455556666");
    process.env["AWS_DEFAULT_REGION"] = region;
    await s3.send(new CreateBucketCommand({ Bucket: copies }));
  }, 300_000);
  afterAll(async () => {
    await stopEmulator(paths);
    rmSync(folder, { recursive: true });
    process.env = before;
  });
  silently();
  beforeEach(() => {
    fake = new FakeDrills();
  });

  /** Runs a drill whose commands ask the emulator; alarms and the bucket of exercises are in memory. */
  async function drill(name: string): Promise<Scorecard> {
    const connection: DrillConnection = {
      ...fake.connection,
      shell: ({ command: asked, language }, options = {}) => {
        fake.calls.push(asked);
        // AWS Backup takes no snapshot of a database there: a person's stands for its.
        const command = { command: asked.replace("--snapshot-type awsbackup", "--snapshot-type manual"), language };
        return runShell(command, { ...process.env, ...options.variables }, options);
      },
      ring: ({ name: alarm }, state) => {
        fake.alarms.states.set(alarm, { name: alarm, state, since: fake.now });
        return Promise.resolve();
      },
    };
    await buildCli([
      fake.command({
        load: calmConfig,
        connect: () => Promise.resolve(connection),
        watch: { now: () => Date.now(), sleep: () => delay(50), say: (line) => void fake.said.push(line) },
      }),
    ]).parseAsync(["drill", "run", "dev", name], { from: "user" });
    const [key = ""] = [...fake.store.objects.keys()].filter((each) => each.endsWith("/scorecard.json"));
    return JSON.parse(fake.store.objects.get(key)?.text ?? "{}") as Scorecard;
  }

  /** Runs what takes a drill back by itself, as a second time. */
  async function undo(name: string, target = "it"): Promise<void> {
    const found = catalogue.find((each) => each.name === name);
    if (found?.injection.kind !== "commands") throw new Error(`${name} has no commands`);
    for (const command of found.injection.undo) await runShell(command, { ...process.env, TARGET: target }, {});
  }

  it("restore the warehouse from its newest snapshot, and the operational database beside itself", async () => {
    const rds = new RDSClient({ region });
    const DBSubnetGroupName = "databases";
    await runShell(
      {
        command: `aws rds create-db-subnet-group --db-subnet-group-name ${DBSubnetGroupName} --db-subnet-group-description it --subnet-ids $(aws ec2 describe-subnets --query "Subnets[0:2].SubnetId" --output text)`,
        language: "sh",
      },
      process.env,
      {},
    );
    const shared = { Engine: "postgres", DBInstanceClass: "db.t3.micro", AllocatedStorage: 20, DBSubnetGroupName };
    for (const DBInstanceIdentifier of ["opsdx-dev-db", "opsdx-dev-dw"]) {
      await rds.send(
        new CreateDBInstanceCommand({
          ...shared,
          DBInstanceIdentifier,
          MasterUsername: "it",
          ManageMasterUserPassword: true,
        }),
      );
    }
    await rds.send(
      new CreateDBSnapshotCommand({ DBInstanceIdentifier: "opsdx-dev-dw", DBSnapshotIdentifier: "nightly" }),
    );
    const restored = async (): Promise<string[]> =>
      ((await rds.send(new DescribeDBInstancesCommand({}))).DBInstances ?? []).map(
        ({ DBInstanceIdentifier = "" }) => DBInstanceIdentifier,
      );
    const dw = await drill("restore-dw");
    expect(dw).toMatchObject({ verdict: "held", faults: [], simulated: true, lostMinutes: 0 });
    expect(fake.calls.join("\n")).toContain('--db-snapshot-identifier "$TARGET"');
    expect(fake.calls.join("\n")).toContain("--snapshot-type awsbackup");
    fake = new FakeDrills();
    expect(await drill("restore-db")).toMatchObject({ verdict: "held", faults: [] });
    expect(await restored()).toEqual(["opsdx-dev-db", "opsdx-dev-dw"]);
    // What takes it back can run once more.
    await undo("restore-dw");
    await undo("restore-db");
    expect(await restored()).toEqual(["opsdx-dev-db", "opsdx-dev-dw"]);
  });

  describe("that restore a state from its version", () => {
    /** Keys of a bucket that are there. */
    const keys = async (Bucket: string): Promise<string[]> =>
      ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = "" }) => Key);
    const keep = (body: object) =>
      s3.send(new PutObjectCommand({ Bucket: stateBucket, Key: "dev/dev-stage3.tfstate", Body: JSON.stringify(body) }));

    beforeAll(async () => {
      await s3.send(new CreateBucketCommand({ Bucket: stateBucket }));
      await s3.send(
        new PutBucketVersioningCommand({ Bucket: stateBucket, VersioningConfiguration: { Status: "Enabled" } }),
      );
    });

    it("hold it against the state, and leave nothing beside it", async () => {
      await keep({ lineage: "a", serial: 1 });
      await keep({ lineage: "a", serial: 2 });
      expect(await drill("restore-state")).toMatchObject({ verdict: "held", faults: [] });
      expect(fake.calls.filter((call) => call.startsWith("aws s3 rm"))).toHaveLength(1);
      expect([await keys(stateBucket), await keys(copies)]).toEqual([["dev/dev-stage3.tfstate"], []]);
      await undo("restore-state");
    });

    it("fail where what came back is no state, and leave nothing either", async () => {
      await keep({});
      const { faults, verdict } = await drill("restore-state");
      expect([verdict, faults.join()]).toEqual(["ended early", expect.stringContaining("what breaks it failed")]);
      expect(await keys(copies)).toEqual([]);
    });
  });

  describe("that poison dead-letter queues", () => {
    const sqs = new SQSClient({ region });
    const urls: string[] = [];
    /** Messages of both queues, with those that somebody is looking at. */
    const waiting = async (): Promise<number> => {
      const counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      const answers = urls.map((QueueUrl) =>
        sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...counts] })),
      );
      return (await Promise.all(answers))
        .flatMap(({ Attributes }) => counts.map((name) => Number(Attributes?.[name])))
        .reduce((sum, count) => sum + count, 0);
    };

    beforeAll(async () => {
      for (const queue of ["undelivered", "launch-failed"]) {
        const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: `opsdx-dev-epic2op-${queue}` }));
        urls.push(QueueUrl);
      }
    });

    it("empty them, and find nothing the second time", async () => {
      expect(await drill("dlq-poison")).toMatchObject({ verdict: "held", simulated: true });
      expect(await waiting()).toBe(0);
      await undo("dlq-poison");
      expect(await waiting()).toBe(0);
    });

    describe("and are killed", () => {
      const store = new S3ExerciseStore({ environment: "dev", id: "444455556666", region }, process.env);
      const start = (minutes: number, words: string) =>
        execa(
          process.execPath,
          ["--import", "tsx", path.join(__dirname, "drill-process.ts"), fake.root, `${minutes}`, ...words.split(" ")],
          { all: true, reject: false, env: { NODE_OPTIONS: "" } },
        );

      beforeAll(async () => {
        const cloudWatch = new CloudWatchClient({ region });
        for (const name of ["epic2op-undelivered", "epic2op-launch-failed", "web-no-healthy-target"]) {
          await cloudWatch.send(new PutMetricAlarmCommand({ ...ALARM, AlarmName: `opsdx-dev-${name}` }));
        }
      });

      it.each(["injecting", "injected", "undoing"] as const)(
        "while they are %s, are taken back by who comes next",
        async (step) => {
          const child = start(0, "run dev dlq-poison");
          let open: Journal | undefined;
          for (;;) {
            open = await openDrill(store);
            if (open?.step === step) break;
            if (open?.step === "injected") await store.write(ABORT_KEY, open.run, "text/plain");
            if (child.exitCode !== null) throw new Error(`it ended: ${(await child).all ?? ""}`);
            await delay(20);
          }
          child.kill("SIGKILL");
          expect((await child).signal).toBe("SIGKILL");
          // A command that it had started may go on for a moment.
          await delay(3000);
          expect((await openDrill(store))?.run).toBe(open.run);
          if (step === "injected") expect(await waiting()).toBe(2);
          // A real fault, meanwhile: it comes last, as the next drill would find the queue not empty.
          const real = step === "undoing";
          if (real) await sqs.send(new SendMessageCommand({ QueueUrl: urls[0], MessageBody: "a slot" }));
          const early = await start(0, "run dev dlq-poison");
          expect(early.all).toContain(`Nothing was changed: ${open.run} of`);
          const { all = "", exitCode } = await start(5, "abort dev");
          expect([exitCode, all]).toEqual([0, expect.stringContaining("was killed: what it left is taken back")]);
          expect(await waiting()).toBe(real ? 1 : 0);
          expect([...(await store.list("drills/")), ...(await store.list("lock/"))]).toEqual([]);
        },
      );
    });
  });

  it("are refused where an alarm does not exist", async () => {
    const { connect } = await import("../../tools/drill/connection");
    const connection = connect(dev, process.env);
    const cloudWatch = new CloudWatchClient({ region });
    await cloudWatch.send(new PutMetricAlarmCommand({ ...ALARM, AlarmName: "opsdx-dev-there" }));
    const standings = await connection.standings([{ name: "opsdx-dev-there" }, { name: "opsdx-dev-not-there" }]);
    expect(standings.map(({ state }) => state === "MISSING")).toEqual([false, true]);
    expect(connection.ring).toBeUndefined();
  });
});
