import path from "node:path";
import { Command } from "commander";
import { RefusedError } from "../../config/explained-error";
import { PROJECT_LOCK, PROVIDER_VERSIONS } from "../../stacks/deployment";
import { lockNotice, providerLock } from "../../stacks/provider-lock";
import { GROUPS } from "../command-groups";
import { writeWhole } from "../files";
import { Children } from "../terraform/children";
import { LOCK_PLATFORMS, lockProviders } from "./lock";

const HELP = `
The archives of every platform are downloaded, so that each checksum is the publisher's: about a gigabyte. The versions are those
of stacks/deployment.ts. What is locked already and not named stays. Commit the file: each synth lays it beside the stacks, and
\`terraform init\` refuses a provider with another checksum.

Without a network, a folder laid out as Terraform's filesystem mirror locks what it holds, for one platform:

  npx opsdx providers lock hashicorp/aws --fs-mirror /usr/share/terraform/plugins --platform linux_amd64`;

const SOURCES = Object.keys(PROVIDER_VERSIONS);

interface Options {
  readonly platform: readonly string[];
  readonly fsMirror?: string;
  readonly out: string;
}

/** Settings of {@link providersCommand}. */
export interface ProvidersCommandProps {
  /** Environment of Terraform. @default - this one */
  readonly env?: NodeJS.ProcessEnv;
  /** Lock file that is written unless another is named. @default - the project's */
  readonly lockFile?: string;
}

/** `opsdx providers`: which builds of Terraform's providers may run. */
export function providersCommand({ env = process.env, lockFile = PROJECT_LOCK }: ProvidersCommandProps = {}): Command {
  return new Command("providers").description("the providers that Terraform may run").addCommand(
    new Command("lock")
      .helpGroup(GROUPS.build)
      .description("write .terraform.lock.hcl, the checksums of the providers at the program's exact versions")
      .argument("[provider...]", `some of ${SOURCES.join(", ")}; all when none is named`)
      .option("--platform <platform...>", "platforms, as Terraform names them", [...LOCK_PLATFORMS])
      .option("--fs-mirror <folder>", "take archives from a filesystem mirror instead of the registry")
      .option("--out <file>", "another lock file; OPSDX_PROVIDER_LOCK names it to a synth", lockFile)
      .addHelpText("after", HELP)
      .action(async (providers: readonly string[], options: Options) => {
        refuseFaults(providers, options);
        const file = path.resolve(options.out);
        const children = new Children();
        const text = await children.forwarding(
          () => console.error("Stopping; the lock file is as it was."),
          () =>
            lockProviders({
              sources: providers.length === 0 ? SOURCES : providers,
              platforms: options.platform,
              file,
              mirror: options.fsMirror === undefined ? undefined : path.resolve(options.fsMirror),
              env,
              children,
            }),
        );
        writeWhole(file, text);
        console.log(`wrote ${file}`);
        const notice = lockNotice(providerLock(text));
        if (notice !== undefined) console.log(notice);
      }),
  );
}

/** @throws RefusedError listing everything that is wrong with the words */
function refuseFaults(providers: readonly string[], { platform }: Options): void {
  const faults = [
    ...providers
      .filter((provider) => !SOURCES.includes(provider))
      .map((provider) => `provider must be one of ${SOURCES.join(", ")}, got "${provider}"`),
    ...platform
      .filter((name) => !/^[a-z0-9]+_[a-z0-9]+$/.test(name))
      .map((name) => `--platform must be <system>_<architecture>, such as linux_amd64, got "${name}"`),
  ];
  if (faults.length > 0) throw new RefusedError(`${faults.join("\n")}\nNothing was written.`);
}
