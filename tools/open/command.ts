import { Command, InvalidArgumentError } from "commander";
import { RefusedError } from "../../config/explained-error";
import { loadConfig, type Config } from "../../config/load";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { ask } from "../ask";
import { assertAccount, CallerIdentity, type Identity } from "../aws/caller";
import { allOf } from "../command-error";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { holdOpen, missing } from "./child";
import { SessionNodes, type Nodes } from "./nodes";
import { freePort, LOOPBACK, PAC_PATH, startProxy } from "./proxy";
import { findTarget, type ClusterTarget, type EntranceTarget } from "./targets";

/** Settings of {@link openCommand}. */
export interface OpenCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches an environment's account. @default - AWS */
  readonly connect?: (environment: EnvironmentConfig) => { readonly identity: Identity; readonly nodes: Nodes };
  /** Environment of the programs that it starts. @default - this process's */
  readonly env?: NodeJS.ProcessEnv;
}

interface Options {
  readonly cluster?: string;
  readonly port?: number;
  readonly print?: true;
}

/** Port of the proxy: always the same, so that a browser is set up once. */
const PROXY_PORT = 8118;

const HELP = `
Examples:
  npx opsdx open dev grafana
  npx opsdx open dev prometheus --cluster k8s-ml
  npx opsdx open prod redash --print

A service of the entrance is reached through Session Manager over a controller, or a node of the general group of k8s; a browser finds it with a proxy of this
machine, which the command names. Prometheus and Alertmanager have no login, and are reached with kubectl. Changes nothing. It
holds the way open until Ctrl-C. Needs the AWS CLI with the Session Manager plugin, or kubectl.`;

/** `opsdx open`: leads to a service of an environment. */
export function openCommand(props: OpenCommandProps = {}): Command {
  const { env = process.env, load = loadConfig } = props;
  const connect =
    props.connect ??
    (({ account: { id, region }, name }: EnvironmentConfig) => {
      const account = { environment: name, id, region };
      return { identity: new CallerIdentity(account, env), nodes: new SessionNodes(account, env) };
    });
  return new Command("open")
    .helpGroup(GROUPS.look)
    .description("lead to a service that people look at: Grafana, Redash, Concourse, Prometheus, Alertmanager")
    .argument("<env>", "environment")
    .argument("<service>", "service, as the environment's settings name it; prometheus and alertmanager too")
    .option("--cluster <cluster>", "cluster of prometheus or alertmanager (default: k8s)")
    .option("--port <port>", `port of this machine (default: ${PROXY_PORT}, or that of the service)`, port)
    .option("--print", "print the commands and start nothing")
    .addHelpText("after", HELP)
    .action(async (name: string, service: string, options: Options) => {
      const environment = findEnvironment(load(), name);
      const target = findTarget(environment, service, options.cluster);
      if (target.kind === "cluster") return openInCluster(target, options, env);
      if (options.print === true) {
        console.log(printed(environment, target, options.port ?? PROXY_PORT));
        return;
      }
      if ((env["OPSDX_SANDBOX"] ?? "") !== "") {
        throw new RefusedError("the sandbox has no nodes to lead through: --print shows what would run");
      }
      await assertPrograms(env);
      const { identity, nodes } = connect(environment);
      await assertAccount(identity, { environment: name, ...environment.account });
      const node = await nodes.online(target.groups);
      await openEntrance(environment, target, node, options.port ?? PROXY_PORT, env);
    });
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1024 && number <= 65_535) return number;
  throw new InvalidArgumentError("It must be a port from 1024 to 65535.");
}

/** Both are needed, and the AWS CLI says of a missing plugin only that a program is not found. */
async function assertPrograms(env: NodeJS.ProcessEnv): Promise<void> {
  const programs = ["aws", "session-manager-plugin"];
  const answers = await Promise.all(programs.map((program) => ask(program, ["--version"], { env })));
  allOf(
    ...programs.map((program, index) => () => {
      if (answers[index]?.notStarted !== undefined) throw new RefusedError(missing(program));
    }),
  );
}

/** What leads from a port of this machine through a node to the entrance. */
function sessionCommand(
  { account }: EnvironmentConfig,
  host: string,
  node: string,
  localPort: number,
): readonly string[] {
  const parameters = { host: [host], portNumber: ["443"], localPortNumber: [String(localPort)] };
  return [
    ...["aws", "ssm", "start-session", "--region", account.region, "--target", node],
    ...["--document-name", "AWS-StartPortForwardingSessionToRemoteHost", "--parameters", JSON.stringify(parameters)],
  ];
}

async function openEntrance(
  environment: EnvironmentConfig,
  { host, hosts, url }: EntranceTarget,
  node: string,
  proxyPort: number,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const tunnelPort = await freePort();
  const proxy = await startProxy({ port: proxyPort, hosts, tunnelPort });
  try {
    console.error(`Opening a way over ${node} …`);
    const session = sessionCommand(environment, host, node, tunnelPort);
    await holdOpen(session, tunnelPort, env, () => console.log(directions(url, hosts, proxyPort)));
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

/** How a browser gets there. */
function directions(url: string, hosts: readonly string[], proxyPort: number): string {
  const proxy = `http://${LOOPBACK}:${proxyPort}`;
  return `${url}

  Chrome   google-chrome --user-data-dir="$HOME/.opsdx-browser" --proxy-pac-url=${proxy}${PAC_PATH} ${url}
  Firefox  Settings > Network Settings > Automatic proxy configuration URL: ${proxy}${PAC_PATH}
  curl     curl --proxy ${proxy} ${url}/

The same way leads to ${hosts.join(", ")}. Ctrl-C closes it.`;
}

async function openInCluster(target: ClusterTarget, options: Options, env: NodeJS.ProcessEnv): Promise<void> {
  const localPort = options.port ?? target.port;
  const { context, namespace, service } = target;
  const command = ["kubectl", "--context", context, "-n", namespace, "port-forward"];
  const forward = [...command, `--address=${LOOPBACK}`, `service/${service}`, `${localPort}:${target.port}`];
  const url = `http://localhost:${localPort}`;
  if (options.print === true) {
    console.log(`${forward.join(" ")}\n\n${url}`);
    return;
  }
  await holdOpen(forward, localPort, env, () => console.log(`${url}\n\nCtrl-C closes it.`));
}

/** What a person runs by hand. */
function printed(environment: EnvironmentConfig, { groups, host, url }: EntranceTarget, localPort: number): string {
  const { region } = environment.account;
  const find = `aws ssm describe-instance-information --region ${region} --filters Key=tag:Name,Values=${groups.join(",")} Key=PingStatus,Values=Online --query "InstanceInformationList[0].InstanceId" --output text`;
  const words = sessionCommand(environment, host, "$NODE", localPort);
  const session = words.map((word) => (word.startsWith("{") ? `'${word}'` : word)).join(" ");
  return `NODE=$(${find})
${session}

curl --connect-to ${host}:443:${LOOPBACK}:${localPort} ${url}/
google-chrome --user-data-dir="$HOME/.opsdx-browser" --host-resolver-rules="MAP ${host}:443 ${LOOPBACK}:${localPort}" ${url}`;
}
