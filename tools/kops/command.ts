import path from "node:path";
import { Command } from "commander";
import pc from "picocolors";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { stackName } from "../../config/names";
import { renderManifest } from "../../constructs/stage2/kops/manifest";
import { mendCommand, payloadIndex, readPayload, renderCommand } from "../../constructs/stage2/kops/payload";
import type { KopsClusterSpec } from "../../constructs/stage2/kops/spec";
import { PAYLOAD_ROOT } from "../../stacks/stage2-stack";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { deployCommand } from "../next-step";
import { Children } from "../terraform/children";
import { findKops, lookForKops } from "./binary";
import { kubeconfig } from "./kubeconfig";
import { renderPayload } from "./render";
import { S3StateStore, type StateStore } from "./state-store";
import { clusterStatuses, statusText } from "./status";
import { synthesizedStage2, type SynthesizedStack } from "./synthesized";
import { findCluster, hasCredentials, namedIds, publishedIds, specOf } from "./target";
import { performUpgrade, upgradeSteps, upgradeText } from "./upgrade";

const EXAMPLES = `
Examples:
  npx opsdx kops status dev                what is rendered, stale or missing
  npx opsdx kops manifest dev k8s --names  what kops will be told, without an account
  npx opsdx kops render dev k8s            hand it to kops, and keep what nodes boot from
  npx opsdx kops upgrade dev k8s           roll a change out, control planes first
  npx opsdx kops kubeconfig dev k8s        a kubeconfig without a secret

docs/kops.md has the procedures: first launch, scaling, keys, etcd, upgrades.`;

const MANIFEST_EXAMPLES = `
Examples:
  npx opsdx kops manifest dev k8s > k8s.yaml
  npx opsdx kops manifest prod k8s-ml-tf --names | less`;

const STATUS_EXAMPLES = `
Example:
  npx opsdx kops status prod

Reads files only: no account, no network.`;

const RENDER_EXAMPLES = `
Examples:
  npx opsdx kops render dev k8s
  KOPS=~/bin/kops-1.36.2 npx opsdx kops render prod k8s-ml

Needs the pinned kops, credentials that may read stage1's parameters and write the kops state bucket, and an applied stage1. Writes
kops/<env>/<cluster>/, which belongs into version control. When anything goes wrong, that folder and the state store stay as they were.`;

const UPGRADE_EXAMPLES = `
Examples:
  npx opsdx kops upgrade dev k8s        print the commands
  npx opsdx kops upgrade dev k8s --yes  run them, from a place that reaches the cluster's API

Synthesizes the program first. Safe to repeat: steps that are done find nothing to do.`;

const KUBECONFIG_EXAMPLES = `
Example:
  npx opsdx kops kubeconfig dev k8s > ~/.kube/k8s.dev
  AWS_PROFILE=opsdx-dev-clusters KUBECONFIG=~/.kube/k8s.dev kubectl get nodes

Works for the roles that people take on (npx opsdx people show), and for CI's. Anybody else, with access to the state store:
  kops export kubeconfig --name k8s.dev.opsdx.io --state s3://opsdx-kops-state --admin=1h`;

/** Settings of {@link kopsCommand}. */
export interface KopsCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Folder of the boot payloads. @default - `kops` in the project */
  readonly payloadRoot?: string;
  /** Environment of child processes. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
  /** The state store of a cluster. @default - in S3 */
  readonly storeOf?: (spec: KopsClusterSpec) => StateStore;
  /** The ids of stage1's resources. @default - as stage1 publishes them to SSM */
  readonly idsOf?: typeof publishedIds;
  /** Whether there are credentials to read ids with. @default - as the AWS SDK finds them */
  readonly signedIn?: () => Promise<boolean>;
  /** Synthesizes an environment's stage2. @default - the whole program, into `cdktf.out` */
  readonly synthesize?: (config: Config, environment: string) => SynthesizedStack;
}

/** `opsdx kops`: the clusters' manifests, boot payloads and upgrades. */
export function kopsCommand(props: KopsCommandProps = {}): Command {
  const { load = loadConfig, payloadRoot = PAYLOAD_ROOT, env = process.env } = props;
  const { idsOf = publishedIds, signedIn = () => hasCredentials(env) } = props;
  const { storeOf = (spec: KopsClusterSpec) => new S3StateStore(spec), synthesize = synthesizedStage2 } = props;
  const folderOf = (environment: string, cluster: string) => path.join(payloadRoot, environment, cluster);
  const kops = new Command("kops")
    .description("the Kubernetes clusters: manifests, boot payloads, upgrades")
    .addHelpText("after", EXAMPLES);

  onCluster(kops, "manifest", "print the kops manifest of a cluster", MANIFEST_EXAMPLES)
    .helpGroup(GROUPS.look)
    .option("--names", "print names in place of the ids that only AWS knows")
    .action(async (environmentName: string, cluster: string, { names }: { names?: true }) => {
      const target = findCluster(load(), environmentName, cluster);
      const ids = names !== true && (await signedIn());
      if (!ids) {
        console.error(
          `${names === true ? "--names" : "No AWS credentials"}: names stand in place of the ids of stage1's VPC, subnets, ` +
            "security groups, key and zone. kops would refuse them.",
        );
      }
      const spec = specOf(target, ids ? await idsOf(target.environment) : namedIds(target.environment));
      process.stdout.write(renderManifest(spec));
    });

  kops
    .command("status")
    .helpGroup(GROUPS.look)
    .description("show which clusters have a boot payload that fits their configuration, and what to run")
    .argument("<env>", "environment")
    .addHelpText("after", STATUS_EXAMPLES)
    .action(async (environmentName: string) => {
      const config = load();
      const environment = findEnvironment(config, environmentName);
      console.log(statusText(clusterStatuses(config, environment, payloadRoot), await lookForKops(env)));
    });

  onCluster(kops, "render", "hand a cluster to kops, check parity, keep what its nodes boot from", RENDER_EXAMPLES)
    .helpGroup(GROUPS.build)
    .option("--force", "replace what the state store has, even if it was edited there")
    .action(async (environmentName: string, cluster: string, { force }: { force?: true }) => {
      const target = findCluster(load(), environmentName, cluster);
      const binary = await findKops(env);
      const spec = specOf(target, await idsOf(target.environment));
      const start = Date.now();
      const progress = (step: string): void => {
        console.log(pc.dim(`${((Date.now() - start) / 1000).toFixed(0).padStart(3)} s  ${step}`));
      };
      const folder = folderOf(environmentName, cluster);
      const children = new Children();
      const { resources, intended, files } = await children.forwarding(
        () => console.error("Interrupted: waiting for kops to end its step, then putting everything back."),
        () =>
          renderPayload({
            kops: binary,
            children,
            spec,
            store: storeOf(spec),
            folder,
            force: force === true,
            progress,
          }),
      );
      progress("done");
      console.log(
        `${pc.green(spec.name)}: ${resources} resources as kops declares them, ${intended} differences explained, 0 unexplained; ` +
          `${files} boot files in ${path.relative(process.cwd(), folder)}.\n` +
          `Commit them, then: ${deployCommand(stackName(environmentName, "stage2"))} for a new cluster, ` +
          `npx opsdx kops upgrade ${environmentName} ${cluster} for a running one.`,
      );
    });

  onCluster(kops, "upgrade", "print the commands that roll a change out, control planes first", UPGRADE_EXAMPLES)
    .helpGroup(GROUPS.change)
    .option("-y, --yes", "run them, and stop at the first that fails")
    .action(async (environmentName: string, cluster: string, { yes }: { yes?: true }) => {
      const target = findCluster(load(), environmentName, cluster);
      const spec = specOf(target, namedIds(target.environment));
      const found = readPayload(folderOf(environmentName, cluster), spec);
      const { state } = found;
      if (state === "damaged") {
        throw new RefusedError(
          `the boot payload of ${spec.name} is damaged: ${found.faults.join("; ")}. ${mendCommand(environmentName, cluster)}`,
        );
      }
      if (state !== "current") {
        throw new RefusedError(
          `the boot payload of ${spec.name} is ${state}: nodes would ${state === "missing" ? "not start" : "boot what config no longer says"}. ` +
            `First run: ${renderCommand(environmentName, cluster)}`,
        );
      }
      const binary = yes === true ? (await findKops(env)).file : "kops";
      const { stack, directory } = synthesize(target.config, environmentName);
      const steps = upgradeSteps({ spec, stack, directory, kops: binary });
      if (yes !== true) {
        console.log(upgradeText(steps));
        return;
      }
      const children = new Children();
      await children.forwarding(
        () => console.error("Interrupted: waiting for the running step to end in order."),
        () => performUpgrade(steps, { children, env, say: (line) => console.log(pc.bold(line)) }),
      );
      console.log(
        pc.green(
          `${spec.name} is upgraded. Check it: kops validate cluster --name ${spec.name} --state s3://${spec.stateBucket}`,
        ),
      );
    });

  onCluster(kops, "kubeconfig", "print a kubeconfig that signs in with the AWS CLI", KUBECONFIG_EXAMPLES)
    .helpGroup(GROUPS.look)
    .action((environmentName: string, cluster: string) => {
      const target = findCluster(load(), environmentName, cluster);
      const spec = specOf(target, namedIds(target.environment));
      const payload = payloadIndex(folderOf(environmentName, cluster));
      if (payload === undefined) {
        throw new RefusedError(
          `${spec.name} has no boot payload, which holds the certificate of its CA. Run: ${renderCommand(environmentName, cluster)}`,
        );
      }
      process.stdout.write(kubeconfig(spec, payload));
    });
  return kops;
}

function onCluster(parent: Command, name: string, description: string, examples: string): Command {
  return parent
    .command(name)
    .description(description)
    .argument("<env>", "environment")
    .argument("<cluster>", "cluster, for example k8s-ml")
    .addHelpText("after", examples);
}
