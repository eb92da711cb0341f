import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { clusterIdentities } from "../../config/cluster-identities";
import { RefusedError } from "../../config/explained-error";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { clusterFullName } from "../../config/names";
import { HELM_PROVIDER_VERSION, KUBERNETES_PROVIDER_VERSION, type SandboxClusters } from "../../stacks/deployment";
import { findBinaries } from "../control-plane/binaries";
import {
  controlPlaneStatus,
  endedProcesses,
  removeControlPlane,
  startControlPlane,
} from "../control-plane/control-plane";
import { nodesOf } from "../control-plane/nodes";
import { ControlPlanePaths } from "../control-plane/paths";
import type { Children } from "../terraform/children";
import { mirroredVersion, type ProviderMirror } from "../terraform/providers";
import { chartFaults } from "./charts";
import type { SandboxPaths } from "../../stacks/sandbox/paths";
import { UsageError } from "../command-error";
import { readJson, writeWhole } from "../files";

/** What the sandbox's clusters are used with. Kept, so that every later command works on the same. */
export type ClusterChoice = Pick<SandboxClusters, "providers" | "charts">;

/** The choice of an earlier `up --cluster`; undefined when there was none. */
export function clusterChoice(paths: SandboxPaths): ClusterChoice | undefined {
  return readJson(paths.clusterChoice()) as ClusterChoice | undefined;
}

/** Settings of {@link chooseClusters}. */
export interface ChooseClustersProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** Filesystem mirrors of Terraform providers. */
  readonly mirrors: readonly ProviderMirror[];
  /** Whether Terraform may also get providers elsewhere: from the registry, or where the person's own configuration says. */
  readonly otherSources: boolean;
  /** Whether chart repositories can be reached. */
  readonly network: boolean;
  /** Folder of charts. @default - they come from their repositories */
  readonly charts?: string;
  /** Tells the person what is left out. */
  readonly say: (message: string) => void;
}

/**
 * Decides what can be done on clusters here, says what can't, and keeps the choice.
 * @throws UsageError when the folder of charts is none, naming every chart in it that is not whole
 */
export function chooseClusters(props: ChooseClustersProps): void {
  const { charts, say } = props;
  if (charts !== undefined && statSync(charts, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--charts: must be a folder with <chart>-<version>.tgz files, got "${charts}"`);
  }
  const faults = charts === undefined ? [] : chartFaults(charts);
  if (faults.length > 0) throw new UsageError(faults.map((fault) => `--charts: ${fault}`).join("\n"));
  const found = (provider: string, versions: string): boolean =>
    props.otherSources || mirroredVersion(props.mirrors, `hashicorp/${provider}`, versions) !== undefined;
  const kubernetes = found("kubernetes", KUBERNETES_PROVIDER_VERSION);
  const helm = found("helm", HELM_PROVIDER_VERSION);
  if (!kubernetes)
    say(
      `Skipped: what runs on clusters, because Terraform finds no provider hashicorp/kubernetes ${KUBERNETES_PROVIDER_VERSION}.`,
    );
  if (kubernetes && !helm)
    say(`Skipped: Helm releases, because Terraform finds no provider hashicorp/helm ${HELM_PROVIDER_VERSION}.`);
  const haveCharts = charts !== undefined || props.network;
  if (kubernetes && helm && !haveCharts) {
    say("Skipped: Helm releases, because chart repositories do not answer. --charts names a folder that has them.");
  }
  const choice: ClusterChoice = {
    providers: kubernetes ? ["kubernetes", ...(helm && haveCharts ? (["helm"] as const) : [])] : [],
    ...(charts === undefined ? {} : { charts: path.resolve(charts) }),
  };
  writeWhole(props.paths.clusterChoice(), `${JSON.stringify(choice)}\n`);
}

/** What the program and the tools are told about the clusters. */
export function clusterVariables(paths: SandboxPaths): Readonly<Record<string, string>> {
  const choice = clusterChoice(paths);
  if (choice === undefined || choice.providers.length === 0) return {};
  const kubeconfigs = clusterFolders(paths)
    .map((folder) => new ControlPlanePaths(folder).kubeconfigOf("admin"))
    .filter((file) => existsSync(file));
  return {
    OPSDX_SANDBOX_PROVIDERS: choice.providers.join(","),
    ...(choice.charts === undefined ? {} : { OPSDX_SANDBOX_CHARTS: choice.charts }),
    ...(kubeconfigs.length === 0 ? {} : { KUBECONFIG: kubeconfigs.join(path.delimiter) }),
  };
}

/** Settings of {@link startClusters}. */
export interface StartClustersProps {
  /** The sandbox's files. */
  readonly paths: SandboxPaths;
  /** The environments whose clusters are needed. */
  readonly environments: readonly EnvironmentConfig[];
  /** Address of the emulator: it knows who signed a token. */
  readonly stsEndpoint: string;
  /** Where programs are looked for and built. */
  readonly env: NodeJS.ProcessEnv;
  /** Where the control planes' programs are built, if they must be. */
  readonly children: Children;
  /** Tells the person what happens. */
  readonly say: (message: string) => void;
}

/**
 * Starts the control planes of the environments' clusters, or finds them running, if the sandbox was asked for clusters.
 * @throws RefusedError when the programs cannot be had
 * @throws CommandError when one does not start
 */
export async function startClusters(props: StartClustersProps): Promise<void> {
  const { environments, env, paths, say } = props;
  if (environments.length === 0 || (clusterChoice(paths)?.providers.length ?? 0) === 0) return;
  const search = await findBinaries({ env, say, children: props.children });
  if (search.kind === "missing") {
    throw new RefusedError(`--cluster: ${search.reason}. Without --cluster the AWS side alone is applied.`);
  }
  for (const settings of environments) {
    const { account, clusters, dns, name: environment, network } = settings;
    for (const [short, config] of Object.entries(clusters)) {
      const name = clusterFullName({ dns }, short);
      await startControlPlane({
        directory: paths.cluster(name),
        name,
        binaries: search.binaries,
        nodes: nodesOf({ config, zones: Object.keys(network.zones) }),
        accountId: account.id,
        identityMappings: clusterIdentities(settings, short),
        callers: { kind: "sts", endpoint: props.stsEndpoint },
        say: (message) => say(`${environment}: ${message}`),
      });
    }
  }
}

/** Stops every control plane and forgets what it stored; the choice stays. */
export async function removeClusters(paths: SandboxPaths): Promise<void> {
  for (const folder of clusterFolders(paths)) await removeControlPlane(folder);
}

/** State of each control plane, in lines. */
export async function clusterLines(paths: SandboxPaths): Promise<readonly string[]> {
  return Promise.all(
    clusterFolders(paths).map(async (folder) => {
      const status = await controlPlaneStatus(folder);
      const said = {
        running: () => (status.kind === "running" ? `running at ${status.controlPlane.endpoint}` : ""),
        broken: () => (status.kind === "broken" ? status.problem : ""),
        stopped: () => "not running",
      }[status.kind]();
      return `cluster ${path.basename(folder)}: ${said}`;
    }),
  );
}

/** What of the clusters has ended by itself, in lines. */
export async function endedClusters(paths: SandboxPaths): Promise<readonly string[]> {
  const ended = await Promise.all(
    clusterFolders(paths).map(async (folder) =>
      (await endedProcesses(folder)).map(
        ({ name, log }) =>
          `${name} of the cluster ${path.basename(folder)} has ended by itself: what Terraform says of that cluster has this cause. See ${log}; the same command again starts it anew.`,
      ),
    ),
  );
  return ended.flat();
}

function clusterFolders(paths: SandboxPaths): readonly string[] {
  if (!existsSync(paths.clusters())) return [];
  return readdirSync(paths.clusters(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => paths.cluster(name))
    .sort();
}
