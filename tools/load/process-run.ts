import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { LOAD_SECRETS } from "../../config/service-secrets/load";
import type { LoadPlan } from "../../constructs/stage3/load/plan";
import { LOCUST_WORDS, STOP_SECONDS } from "../../constructs/stage3/load/scripts";
import type { Children } from "../terraform/children";
import type { Report, Run } from "./run";
import { LOAD_FOLDER } from "./locust";

/** What a run as a process of this machine is made from. */
export interface ProcessRunProps {
  /** Locust's program. */
  readonly locust: string;
  /** Where it is started. */
  readonly children: Children;
  /** What it does; the limit of time is kept here, too, should Locust itself hang. */
  readonly plan: LoadPlan;
  /** Name of the run. */
  readonly run: string;
  /** Whom it asks with what; made up, where nobody knows better. @default - what a stand-in takes */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The environment of the process. */
  readonly env: NodeJS.ProcessEnv;
}

const MADE_UP: Readonly<Record<string, string>> = {
  [LOAD_SECRETS.patients]: "stand-in-1,stand-in-2,stand-in-3",
  [LOAD_SECRETS.key]: "stand-in",
};

/** Starts Locust as a process of this machine. */
export function startProcess(props: ProcessRunProps): Run {
  const { children, env, locust, plan, run, secrets = MADE_UP } = props;
  const folder = mkdtempSync(path.join(tmpdir(), "opsdx-load-"));
  const [out, secretFolder] = ["out", "private"].map((name) => path.join(folder, name)) as [string, string];
  for (const made of [out, secretFolder]) mkdirSync(made, { mode: 0o700 });
  for (const [name, value] of Object.entries(secrets)) writeFileSync(path.join(secretFolder, name), value);
  const planFile = path.join(folder, "plan.json");
  writeFileSync(planFile, JSON.stringify(plan));
  const words = ["--locustfile", path.join(LOAD_FOLDER, "locustfile.py"), ...LOCUST_WORDS];
  // Interrupts come by the file, so that it ends in order and tells why.
  const child = children.finish(
    locust,
    [...words, "--csv", path.join(out, "load"), "--html", path.join(out, "report.html")],
    {
      env: {
        ...env,
        LOAD_PLAN: planFile,
        LOAD_OUT: out,
        LOAD_PRIVATE: secretFolder,
        LOAD_RUN: run,
        PYTHONDONTWRITEBYTECODE: "1",
      },
      extendEnv: false,
      stdin: "ignore",
      all: true,
      // Its time is up, and so is that in which it would have ended by itself.
      timeout: (plan.maxSeconds + STOP_SECONDS) * 1000,
      killSignal: "SIGKILL",
    },
  );
  const ended = child.catch((error: unknown) => error as { readonly all?: string; readonly shortMessage?: string });
  let over = false;
  let late: NodeJS.Timeout | undefined;
  void ended.then(() => {
    over = true;
    clearTimeout(late);
  });
  return {
    look: () => Promise.resolve({ ended: over }),
    stop: (reason) => {
      writeFileSync(path.join(out, "stop"), reason);
      late ??= setTimeout(() => child.kill("SIGKILL"), 3 * STOP_SECONDS * 1000);
      return Promise.resolve();
    },
    report: async (): Promise<Report> => {
      const { all = "", shortMessage = "" } = (await ended) as {
        readonly all?: string;
        readonly shortMessage?: string;
      };
      const files = Object.fromEntries(
        readdirSync(out)
          // What its end is made of.
          .filter((name) => name !== "stop" && name !== "alive")
          .map((name): [string, Buffer] => [name, readFileSync(path.join(out, name))]),
      );
      return { files: { ...files, "locust.log": Buffer.from(all === "" ? shortMessage : all) }, said: all };
    },
    clean: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
