import { exerciseRunId, LOCK_KEY, withExerciseLock, type Exercise } from "../../../tools/exercise/lock";
import { MemoryStore } from "./fake-exercises";

const NOW = Date.parse("2026-11-29T16:03:04Z");
const smoke: Exercise = { kind: "load", name: "smoke", who: "arn:aws:iam::1:user/ada", until: NOW + 600_000 };
const said: string[] = [];
const watch = { now: () => NOW, say: (line: string) => void said.push(line) };
const lock = <T>(store: MemoryStore, exercise: Exercise, work: Parameters<typeof withExerciseLock<T>>[4]) =>
  withExerciseLock(store, "dev", exercise, watch, work);
beforeEach(() => void said.splice(0));

describe("the lock of exercises", () => {
  it("is held while one is done, tells the next who holds it, and goes at the end", async () => {
    const store = new MemoryStore();
    const done = await lock(store, smoke, async () => {
      expect(store.objects.has(LOCK_KEY)).toBe(true);
      const drill = lock(store, { ...smoke, kind: "drill", name: "web-pod-kill", who: "bob" }, () =>
        Promise.resolve(2),
      );
      await expect(drill).rejects.toMatchObject({
        exitCode: 2,
        message:
          "Nothing was changed: there is one exercise at a time in dev, and this is under way: load smoke of arn:aws:iam::1:user/ada, since 2026-11-29T16:03:04.000Z, until 2026-11-29T16:13:04.000Z. Come back after it.",
      });
      return 1;
    });
    expect(done).toBe(1);
    expect(store.objects.size).toBe(0);
  });

  it("goes with one that fails", async () => {
    const store = new MemoryStore();
    await expect(lock(store, smoke, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(store.objects.size).toBe(0);
  });

  it("stays until its time is over where something of the exercise may go on, and says why", async () => {
    const store = new MemoryStore();
    await lock(store, smoke, ({ keep }) => {
      keep("nobody tells whether it goes on");
      return Promise.resolve();
    });
    expect(store.objects.has(LOCK_KEY)).toBe(true);
    expect(said).toEqual(["The lock is kept until 2026-11-29T16:13:04.000Z, because nobody tells whether it goes on."]);
  });

  it("is taken from one that is over, with a word, and stays with who took it", async () => {
    const store = new MemoryStore();
    const late = lock(store, { ...smoke, until: NOW }, async () => {
      await lock(store, { ...smoke, name: "peak", who: "bob" }, () => Promise.resolve());
      await store.write(LOCK_KEY, "somebody else's");
    });
    await late;
    expect(said).toEqual([
      "What is over since 2026-11-29T16:03:04.000Z has left its lock, and loses it: load smoke of arn:aws:iam::1:user/ada.",
    ]);
    expect(store.objects.get(LOCK_KEY)?.text).toBe("somebody else's");
  });

  it("is taken from a run that was killed before its time, and from no other run", async () => {
    const store = new MemoryStore();
    const [run, other] = ["20261129-150000-peak", "20261129-151500-peak"];
    await lock(store, { ...smoke, run }, async () => {
      await expect(lock(store, { ...smoke, instead: other }, () => Promise.resolve())).rejects.toThrow(/under way/);
      expect(said).toEqual([]);
      await lock(store, { ...smoke, run: other, instead: run }, () => Promise.resolve());
    });
    expect(said).toEqual(["What was killed has left its lock, and loses it: load smoke of arn:aws:iam::1:user/ada."]);
    await lock(store, smoke, async () => {
      await expect(lock(store, smoke, () => Promise.resolve())).rejects.toThrow(/under way/);
    });
  });

  it("is not taken when it is none", async () => {
    const store = new MemoryStore();
    await store.write(LOCK_KEY, "{}");
    await expect(lock(store, smoke, () => Promise.resolve())).rejects.toThrow(
      "s3://opsdx-dev-exercises/lock/exercise.json must be a lock as this program writes it",
    );
  });

  it("lets an exercise end in order when a signal comes, and goes then", async () => {
    const store = new MemoryStore();
    const stopped = lock(store, smoke, async ({ signal }) => {
      const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      process.emit("SIGTERM", "SIGTERM");
      await aborted;
      expect(store.objects.has(LOCK_KEY)).toBe(true);
    });
    await expect(stopped).rejects.toMatchObject({ exitCode: 143 });
    expect(store.objects.size).toBe(0);
    expect(said).toEqual(["It is ended in order; once more ends at once what it has started."]);
  });

  it("calls a run by its time and name", () => {
    expect(exerciseRunId("smoke", NOW)).toBe("20261129-160304-smoke");
  });
});
