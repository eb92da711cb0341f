import type { AlarmStanding } from "../../../tools/exercise/alarms";
import type { ExerciseStore, Stored } from "../../../tools/exercise/store";

/** A bucket in memory. */
export class MemoryStore implements ExerciseStore {
  public readonly location = "s3://opsdx-dev-exercises";
  public readonly objects = new Map<string, Stored>();
  private writes = 0;

  public read(key: string): Promise<Stored | undefined> {
    return Promise.resolve(this.objects.get(key));
  }

  public write(key: string, body: string | Uint8Array): Promise<void> {
    this.put(key, typeof body === "string" ? body : Buffer.from(body).toString());
    return Promise.resolve();
  }

  public claim(key: string, text: string, instead?: string): Promise<string | undefined> {
    if (this.objects.get(key)?.mark !== instead) return Promise.resolve(undefined);
    return Promise.resolve(this.put(key, text));
  }

  public release(key: string, mark: string): Promise<void> {
    if (this.objects.get(key)?.mark === mark) this.objects.delete(key);
    return Promise.resolve();
  }

  public list(prefix: string): Promise<readonly string[]> {
    return Promise.resolve([...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort());
  }

  private put(key: string, text: string): string {
    this.writes += 1;
    this.objects.set(key, { text, mark: `"${this.writes}"` });
    return `"${this.writes}"`;
  }
}

/** Alarms in memory: all are well but those that are named. */
export class MemoryAlarms {
  public readonly states = new Map<string, AlarmStanding>();

  public standings(names: readonly string[]): Promise<readonly AlarmStanding[]> {
    return Promise.resolve(names.map((name) => this.states.get(name) ?? { name, state: "OK", since: 0, reason: "" }));
  }
}
