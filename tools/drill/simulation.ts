import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { clusterFullName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { PodKill } from "../../constructs/stage3/drills/drill";
import { CHAOSKUBE } from "../../constructs/stage3/drills/names";
import { shell } from "../../constructs/shared/observability/command";
import { CommandError } from "../command-error";
import { signalGroup } from "../signal-group";
import type { DrillConnection } from "./connection";
import { killVariables, onDrills, type Injector } from "./injection";

/** Names chaoskube on this machine, for the sandbox; without it a few lines of shell stand in, which kill by labels only. */
export const PROGRAM_VARIABLE = "OPSDX_CHAOSKUBE";

/** What stands in for chaoskube: it looks at labels and numbers, and at nothing else. */
const STAND_IN = `
end=$(( $(date +%s) + SIMULATED_SECONDS ))
while [ "$(date +%s)" -lt "$end" ]; do
  kubectl -n "$CHAOSKUBE_NAMESPACES" get pods -l "$CHAOSKUBE_LABELS" --field-selector=status.phase=Running -o name \\
    | head -n "$CHAOSKUBE_MAX_KILL" | xargs -r kubectl -n "$CHAOSKUBE_NAMESPACES" delete --wait=false
  sleep 1
done
`;

/**
 * A drill with chaoskube where no kubelet runs pods: its Job is made as anywhere, and what it would run is a process of this machine, with the
 * rights of the Job's account and what the Job is told. A minute of it is a second here.
 */
export function simulatedKill(
  environment: EnvironmentConfig,
  kill: PodKill,
  inCluster: Injector,
  env: NodeJS.ProcessEnv,
): Injector & { readonly end: () => void } {
  let child: ChildProcess | undefined;
  let folder: string | undefined;
  const end = (): void => {
    signalGroup(child?.pid, "SIGKILL");
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
  };
  return {
    ...inCluster,
    end,
    async run(connection, run, options) {
      await inCluster.run(connection, run, options);
      folder = mkdtempSync(path.join(tmpdir(), "opsdx-chaoskube-"));
      const kubeconfig = path.join(folder, "kubeconfig");
      writeFileSync(kubeconfig, await kubeconfigOf(connection, environment), { mode: 0o600 });
      const program = env[PROGRAM_VARIABLE] ?? "";
      const told = {
        ...killVariables(kill, { ...environment, drills: undefined }),
        CHAOSKUBE_INTERVAL: "1s",
        CHAOSKUBE_MAX_RUNTIME: `${kill.maxRuntimeMinutes}s`,
        CHAOSKUBE_KUBECONFIG: kubeconfig,
        CHAOSKUBE_METRICS_ADDRESS: "127.0.0.1:0",
        CHAOSKUBE_LOG_FORMAT: "json",
        SIMULATED_SECONDS: `${kill.maxRuntimeMinutes}`,
        KUBECONFIG: kubeconfig,
        // kubectl keeps what it has learnt of a cluster below it.
        HOME: folder,
      };
      const [file, args] = program === "" ? ["sh", ["-c", STAND_IN]] : [program, []];
      child = spawn(file, args, { env: { PATH: env["PATH"], ...told }, stdio: "ignore", detached: true });
      options.signal?.addEventListener("abort", end);
      const [code] = (await once(child, "exit")) as [number | null];
      options.signal?.removeEventListener("abort", end);
      if (code !== 0) throw new CommandError(`${file} ended with ${code ?? "a signal"}, in place of chaoskube's Job`);
    },
  };
}

/** A kubeconfig of the cluster, with a token of the Job's account and no other right. */
async function kubeconfigOf(connection: DrillConnection, environment: EnvironmentConfig): Promise<string> {
  const context = clusterFullName(environment, "k8s");
  const view = await connection.shell(
    shell(`kubectl --context ${context} config view --raw --minify --flatten -o json`),
  );
  const { clusters } = JSON.parse(view) as { readonly clusters: readonly { readonly cluster: object }[] };
  const token = await connection.shell(onDrills(environment, `create token ${CHAOSKUBE}-job --duration=1h`));
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "drill", cluster: clusters[0]?.cluster }],
    users: [{ name: "drill", user: { token } }],
    contexts: [{ name: "drill", context: { cluster: "drill", user: "drill" } }],
    "current-context": "drill",
  });
}
