import Table from "cli-table3";
import { Command } from "commander";
import pc from "picocolors";
import { PUBLIC_IMAGES } from "../../config/images";
import { loadConfig, type Config } from "../../config/load";
import { GLOBAL } from "../../config/names";
import type { GlobalConfig } from "../../config/schema/global";
import { assertAccount, type Identity } from "../aws/caller";
import type { AwsAccount } from "../aws/client";
import { GROUPS } from "../command-groups";
import { findEnvironment } from "../environment-argument";
import { PROJECT_ROOT } from "../files";
import { imageStates, pinnedImages, type ImageRegistry, type ImageState } from "./images";
import { lockCommand, publicText, readLock, type PublicImages } from "./lock-command";
import { publicStates } from "./lock";
import { PublicRegistry } from "./registry";

/** What the command reaches of the account that owns the registry. */
export interface ImagesConnection {
  /** The account of `global`. */
  readonly account: AwsAccount;
  /** Whose credentials are used. */
  readonly identity: Identity;
  /** Its registry. */
  readonly registry: ImageRegistry;
}

/** Settings of {@link imagesCommand}. */
export interface ImagesCommandProps {
  /** Reads the configuration. @default - the project's */
  readonly load?: () => Config;
  /** Reaches the registry. @default - the account of `global` */
  readonly connect?: (global: GlobalConfig) => Promise<ImagesConnection>;
  /** Images of others, their lock, and who tells their digests. @default - the project's, and their registries */
  readonly others?: Partial<PublicImages>;
}

/** In place of an environment: the images of others, which all of them share. */
const PUBLIC = "public";

const EXAMPLES = `
Examples:
  npx opsdx images check prod
  npx opsdx images keep prod --dry-run
  npx opsdx images keep prod
  npx opsdx images check public     images of others: not locked, or their tag has moved
  npx opsdx images lock             look up the digests of those, and write config/images.lock.json

The registry is that of the account of \`global\`. It keeps the newest 30 images of a repository, and those with a tag keep-<env>-…: whatever
an environment pins gets one before it is deployed.`;

/** `opsdx images`: what the configuration pins, against what the registry has and keeps. */
export function imagesCommand({
  load = loadConfig,
  connect = connectToAws,
  others = {},
}: ImagesCommandProps = {}): Command {
  const { images: listed = Object.values(PUBLIC_IMAGES), root = PROJECT_ROOT } = others;
  const { source = new PublicRegistry(), today = () => new Date() } = others;
  const shared: PublicImages = { images: listed, root, source, today };
  const images = new Command("images").description("the images that the configuration pins");

  const look = async (environmentName: string) => {
    const config = load();
    const environment = findEnvironment(config, environmentName);
    const connection = await connect(config.global);
    await assertAccount(connection.identity, connection.account);
    const { registry } = connection;
    const pinned = pinnedImages(environment);
    return { registry, states: () => imageStates(registry, pinned) };
  };

  images
    .command("check")
    .helpGroup(GROUPS.look)
    .description("list every image that an environment pins; exit code 1 if one is missing or may expire")
    .argument("<env>", `environment, or ${PUBLIC} for the images of others`)
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, { json }: { json?: true }) => {
      if (name === PUBLIC) {
        const found = await publicStates(listed, readLock(root), source);
        console.log(json === true ? JSON.stringify(found, undefined, 2) : publicText(found, today()));
        if (found.some(({ state }) => state !== "locked")) process.exitCode = 1;
        return;
      }
      const states = await (await look(name)).states();
      console.log(json === true ? JSON.stringify(states, undefined, 2) : imagesText(name, states));
      if (states.some(({ state }) => state !== "kept")) process.exitCode = 1;
    });

  images
    .command("keep")
    .helpGroup(GROUPS.change)
    .description("give every image that an environment pins the tag that keeps it; exit code 1 if one is missing")
    .argument("<env>", "environment")
    .option("--dry-run", "say what would be tagged, and change nothing")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, { dryRun }: { dryRun?: true }) => {
      const { registry, states } = await look(name);
      const before = await states();
      const wanting = before.filter(({ state }) => state === "may expire");
      if (dryRun === true) {
        for (const { digest, repository, tag } of wanting) console.log(`would tag ${repository}@${digest} as ${tag}`);
      } else {
        for (const { digest, repository, tag } of wanting) await registry.tag(repository, digest, tag);
      }
      const after = dryRun === true || wanting.length === 0 ? before : await states();
      console.log(imagesText(name, after));
      if (after.some(({ state }) => state === "missing" || (dryRun !== true && state !== "kept"))) process.exitCode = 1;
    });
  images.addCommand(lockCommand(shared));
  return images;
}

function imagesText(environment: string, states: readonly ImageState[]): string {
  if (states.length === 0) return "The configuration pins no image.";
  const table = new Table({ head: ["image", "run by", "state", "pushed"], style: { head: [], border: [] } });
  for (const { digest, pushed = "", repository, state, workloads } of states) {
    const shown = state === "kept" ? pc.green(state) : pc.red(state);
    table.push([`${repository}\n${digest}`, workloads.join("\n"), shown, pushed.slice(0, 10)]);
  }
  const count = (wanted: ImageState["state"]): number => states.filter(({ state }) => state === wanted).length;
  const [missing, loose] = [count("missing"), count("may expire")];
  return [
    table.toString(),
    ...(missing + loose === 0 ? ["All are there, and kept."] : []),
    ...(loose === 0 ? [] : [`${loose} may expire while in use: npx opsdx images keep ${environment}`]),
    ...(missing === 0
      ? []
      : [
          `${missing} not in the registry: push it, and put the digest that \`docker push\` prints into the configuration.`,
        ]),
  ].join("\n");
}

/** Late: the clients take a while to load. */
async function connectToAws({ account: { id, region } }: GlobalConfig): Promise<ImagesConnection> {
  const [{ CallerIdentity }, { EcrRegistry }] = await Promise.all([import("../aws/caller"), import("./images")]);
  const account = { environment: GLOBAL, id, region };
  return {
    account,
    identity: new CallerIdentity(account, process.env),
    registry: new EcrRegistry(account, process.env),
  };
}
