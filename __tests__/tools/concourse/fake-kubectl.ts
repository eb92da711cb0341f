import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A kubectl that writes down its arguments, and answers for the Jobs that it is asked for. */
export class FakeKubectl {
  private readonly calls: string;

  /**
   * @param folder - where it lies
   * @param ends - how every Job ends: `Complete`, `Failed`, or not at all
   */
  public constructor(
    private readonly folder: string,
    ends: "Complete" | "Failed" | "never",
  ) {
    this.calls = path.join(folder, "calls");
    writeFileSync(this.calls, "");
    const conditions = ends === "never" ? [] : [{ type: ends, status: "True" }];
    const file = path.join(folder, "kubectl");
    writeFileSync(
      file,
      `#!/bin/sh\necho "$@" >> '${this.calls}'\ncase "$*" in\n*" get job "*) echo '${JSON.stringify({ status: { conditions } })}';;\n*" logs "*) echo "said something";;\nesac\n`,
    );
    chmodSync(file, 0o755);
  }

  /** The variables of a shell that finds it. */
  public get env(): NodeJS.ProcessEnv {
    return { PATH: `${this.folder}:/usr/bin:/bin` };
  }

  /** What it was called with. */
  public get lines(): readonly string[] {
    return readFileSync(this.calls, "utf8").trimEnd().split("\n");
  }
}
