import {
  ABORT_KEY,
  beating,
  close,
  OPEN_KEY,
  openDrill,
  writeJournal,
  type Journal,
} from "../../../tools/drill/journal";
import { MemoryStore } from "../exercise/fake-exercises";

const NOW = "2026-03-09T18:00:00.000Z";
const journal: Journal = {
  run: "20260309-170000-nat-lost",
  drill: "nat-lost",
  who: "bob",
  began: "2026-03-09T17:00:00.000Z",
  beat: "2026-03-09T17:00:00.000Z",
  target: "nat-1",
  step: "injected",
};

let store = new MemoryStore();
beforeEach(async () => {
  store = new MemoryStore();
  await writeJournal(store, journal);
  await store.write(ABORT_KEY, journal.run);
});

it("a run takes its own journal away, and not another's of the same drill", async () => {
  await close(store, "20260309-173000-nat-lost");
  expect([...store.objects.keys()].sort()).toEqual([ABORT_KEY, OPEN_KEY]);
  await close(store, journal.run);
  expect(store.objects.size).toBe(0);
});

it("who takes a run back says that it lives, and what it was done to stays", async () => {
  const seen = await beating(
    store,
    { ...journal, step: "undoing" },
    () => Date.parse(NOW),
    () => openDrill(store),
  );
  expect(seen).toEqual({ ...journal, step: "undoing", beat: NOW });
  await expect(
    beating(
      store,
      journal,
      () => 0,
      () => Promise.reject(new Error("forbidden")),
    ),
  ).rejects.toThrow("forbidden");
});
