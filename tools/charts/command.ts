import { existsSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Release } from "@cdktf/provider-helm/lib/release";
import { Command } from "commander";
import pc from "picocolors";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import { deploymentFor } from "../../stacks/deployment";
import { buildProgram, synthesize } from "../../stacks/program";
import { factsFile, type ProgramFacts } from "../../stacks/program-facts";
import { allOf, unknownArgument } from "../command-error";
import { GROUPS } from "../command-groups";
import { readJson } from "../files";
import { folderOf } from "../plan/file-option";
import { readManifest } from "../terraform/manifest";
import { Children } from "../terraform/children";
import { withPrograms } from "../plan/programs";
import {
  checkRelease,
  renderReleases,
  type RenderedRelease,
  type RenderReleasesProps,
  type ReleaseReport,
} from "./check";
import { releaseDifferences, type RenderedCommit } from "./difference";
import { findHelm } from "./helm";
import { releasesOf, releaseTitle, type ChartRelease } from "./releases";
import { refusals, type Refusals } from "./refusals";
import { chartsText, isWell, type ChartsReport } from "./report";
import { LOCAL, openServer, serverOf, type OpenServerProps } from "./server";

const HELP = `
Examples:
  npx opsdx charts check                          every release, charts from their repositories
  npx opsdx charts check --charts ~/charts        charts from a folder: <name>-<version>.tgz, or unpacked
  npx opsdx charts check grafana --charts ~/charts
  npx opsdx charts check --charts ~/charts --base origin/main
  npx opsdx charts check --charts ~/charts --server local   what Kubernetes itself refuses

Renders every Helm release of every environment with Helm and the values that synth gives it, and changes each value once: one that
changes nothing is a key that the chart ignores. What is rendered is held against the policy for Kubernetes objects. No account is asked.
With --server an API server is asked, by dry run: one of this machine, which is thrown away, or that of a kubeconfig, where nothing is
made. What is accepted stands with its reason beside the release, in \`accepted\`. Exit code 1 when something is wrong.`;

/** Settings of {@link chartsCommand}. */
export interface ChartsCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** The whole environment: where Helm is. @default - this process' */
  readonly env?: NodeJS.ProcessEnv;
  /** Opens the configuration's program. @default - it is synthesized as in the cloud */
  readonly open?: (config: Config) => OpenProgram;
}

/** A program whose releases are asked for. */
export interface OpenProgram {
  /** Names of its releases. */
  readonly names: readonly string[];
  /** Its releases. */
  readonly releases: () => readonly ChartRelease[];
  /** Takes away what it needed on the way. */
  readonly close: () => void;
}

/** What only an API server can tell. */
const NO_SERVER = `what an API server refuses (--server ${LOCAL})`;

interface Options {
  readonly base?: string;
  readonly charts?: string;
  readonly helm?: string;
  readonly json?: true;
  readonly server?: string;
}

/** `opsdx charts`: what charts make of the values that the program gives them. */
export function chartsCommand({
  load = loadConfig,
  env = process.env,
  open = openProgram,
}: ChartsCommandProps = {}): Command {
  const charts = new Command("charts").description("what charts make of the values that the program gives them");
  charts
    .command("check")
    .helpGroup(GROUPS.look)
    .description("render every Helm release: values that its chart ignores, objects that break the policy")
    .argument("[service...]", "names of releases (default: all)")
    .option("--charts <folder>", "folder of charts (default: from their repositories)", folderOf)
    .option("--helm <file>", "Helm (default: OPSDX_HELM, or helm on the PATH)")
    .option("--base <ref>", "tell what is rendered otherwise than at this commit, branch or tag")
    .option("--server <which>", `ask an API server what it refuses: "${LOCAL}", or a kubeconfig`, serverOf)
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (services: readonly string[], { base, charts: folder, helm: named, json, server }: Options) => {
      const config = load();
      const program = open(config);
      const closing: { close: () => void }[] = [program];
      try {
        requireNames(services, program.names);
        const helm = await findHelm(named, env);
        closing.push(helm);
        const say = (line: string): void => void process.stderr.write(`${pc.dim(line)}\n`);
        const isWanted = ({ name }: ChartRelease): boolean => services.length === 0 || services.includes(name);
        // All of them: a release finds the kinds that others bring.
        const { not, rendered } = await renderReleases(program.releases(), { helm, config, charts: folder, say });
        const wanted = rendered.filter(({ release }) => isWanted(release));
        const asked = server === undefined ? undefined : await askServer(server, rendered, { env, say });
        const releases: ReleaseReport[] = [];
        for (const one of wanted) {
          const refused = asked?.found.get(one) ?? [];
          releases.push(await checkRelease(one, { helm, env, refused, progress: progressTo(say) }));
        }
        const unwell = not.filter(({ release }) => isWanted(release));
        const compared =
          base === undefined
            ? { notChecked: ["what differs from another commit (--base)"] }
            : await comparedWith(
                base,
                { releases: program.releases().filter(isWanted), rendered: wanted, not: unwell },
                { helm, config, charts: folder, say, env, isWanted },
              );
        const report: ChartsReport = {
          helm: helm.version,
          server: asked?.server,
          releases,
          notRendered: unwell.map(({ reason, release }) => ({ title: releaseTitle(release), reason })),
          differences: compared.differences,
          notChecked: [...compared.notChecked, ...(asked?.notChecked ?? [NO_SERVER])],
        };
        console.log(json === true ? JSON.stringify(report, undefined, 2) : chartsText(report));
        if (!isWell(report)) process.exitCode = 1;
      } finally {
        for (const one of closing) one.close();
      }
    });
  return charts;
}

/** What an API server refuses of all releases of the clusters: some bring what others need. */
async function askServer(
  named: string,
  rendered: readonly RenderedRelease[],
  props: Pick<OpenServerProps, "env" | "say">,
): Promise<Refusals & { readonly server: string }> {
  const children = new Children();
  return children.forwarding(
    () => props.say("Stopping."),
    async () => {
      const server = await openServer(named, { ...props, children });
      try {
        return { ...(await refusals(server, rendered, { ...props, children })), server: server.title };
      } finally {
        await server.close();
      }
    },
  );
}

/** How the releases differ from those of another commit, whose charts it needs, too. */
async function comparedWith(
  ref: string,
  after: RenderedCommit,
  props: RenderReleasesProps & {
    readonly env: NodeJS.ProcessEnv;
    readonly isWanted: (release: ChartRelease) => boolean;
  },
): Promise<Pick<ChartsReport, "differences" | "notChecked">> {
  const children = new Children();
  return children.forwarding(
    () => props.say("Stopping."),
    () =>
      withPrograms({ ref, env: props.env, children, say: props.say }, async ({ base }) => {
        const all = releasesOf(base.stacks, base.facts);
        const before = { releases: all.filter(props.isWanted), ...(await renderReleases(all, props)) };
        return { differences: releaseDifferences(before, after), notChecked: [] };
      }),
  );
}

function requireNames(services: readonly string[], names: readonly string[]): void {
  const known = [...new Set(names)].sort();
  if (known.length === 0) throw new RefusedError("the program has no Helm release: there is nothing to check");
  allOf(
    ...services.map((service) => () => {
      if (!known.includes(service)) throw unknownArgument("service", service, known);
    }),
  );
}

/** Tells of a long one now and then: a rendering takes up to a second, and there are hundreds. */
function progressTo(say: (line: string) => void): (title: string, done: number, of: number) => void {
  let last = performance.now();
  return (title, done, of) => {
    if (performance.now() - last < 5_000) return;
    last = performance.now();
    say(`${title}: ${done} of ${of} values changed…`);
  };
}

/** What counts is the cloud, wherever the command runs. */
function openProgram(config: Config): OpenProgram {
  const outdir = path.join(os.tmpdir(), `opsdx-charts-${process.pid}`);
  const program = buildProgram(config, deploymentFor(config.global, { OPSDX_PLANNING: "1" }), outdir);
  return {
    names: program.stacks.flatMap((stack) =>
      stack.node.findAll().flatMap((construct) => (construct instanceof Release ? [construct.nameInput ?? ""] : [])),
    ),
    releases: () => {
      synthesize(program);
      return releasesOf(readManifest(outdir), readJson(factsFile(outdir)) as ProgramFacts);
    },
    close: () => {
      if (existsSync(outdir)) rmSync(outdir, { recursive: true });
    },
  };
}
