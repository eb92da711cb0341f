import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { RefusedError } from "../../config/explained-error";
import { readJson, writeWhole } from "../files";
import { isAlive } from "../processes";
import { editsBetween, type StateStore, type StoredCluster } from "./state-store";

const schema = z.object({
  /** The render, and the kops that it has started. */
  processes: z.array(z.int()),
  /** What the store had. */
  before: z.record(z.string(), z.string()),
});

/**
 * What the state store had before a render, on disk until the render has ended: one that was killed leaves it behind, and the next puts
 * the store back.
 */
export class Unfinished {
  private readonly file: string;
  private before: StoredCluster = {};

  /** @param folder - the cluster's payload, beside which it is written */
  public constructor(private readonly folder: string) {
    this.file = path.join(path.dirname(folder), `.unfinished-${path.basename(folder)}.json`);
  }

  /**
   * The store's description now, which is put back first if an earlier render was killed.
   * @throws RefusedError when the earlier one, or its kops, still runs
   */
  public async putBack(store: StateStore, say: (line: string) => void): Promise<StoredCluster> {
    if (!existsSync(this.file)) return store.read();
    const { processes, before } = schema.parse(readJson(this.file));
    const runs = processes.find(isAlive);
    if (runs !== undefined) {
      throw new RefusedError(
        `another render into ${this.folder} still runs: process ${runs}. Wait for it, or stop it; ` +
          `if that process is something else, put it right with \`rm ${this.file}\``,
      );
    }
    const now = await store.read();
    const edits = editsBetween(before, now);
    if (edits.length > 0) {
      say(`the last render was cut off: putting ${store.location} back as it was before it:`);
      for (const edit of edits) say(`  ${edit}`);
      await store.write(before);
    }
    this.end();
    return before;
  }

  /** Notes what the store has, before it is changed. */
  public begin(before: StoredCluster): void {
    this.before = before;
    this.note([process.pid]);
  }

  /** Notes the kops that is about to change the store: it outlives a render that is killed. */
  public started(kops: number): void {
    this.note([process.pid, kops]);
  }

  /** The store has what it should have. */
  public end(): void {
    rmSync(this.file, { force: true });
  }

  private note(processes: readonly number[]): void {
    writeWhole(this.file, JSON.stringify({ processes, before: this.before }));
  }
}
