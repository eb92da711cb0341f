import path from "node:path";
import { stateFile } from "../../config/names";

const MARKER = "opsdx-sandbox.json";

/** Names of everything that the sandbox puts into its folder. */
const MADE =
  /^(opsdx-sandbox\.json|emulator\.(json|log)|lock\.json|aws|mirrors\.json|terraform\.rc|providers|cdktf\.out|state|pair\.json|runs|clusters|logs|lost-\d+)$/;

/** Where everything of a sandbox lies; deleting it forgets it all. */
export class SandboxPaths {
  /** Absolute path of the sandbox's folder. */
  public readonly directory: string;

  public constructor(directory: string) {
    this.directory = path.resolve(directory);
  }

  /** Says that the sandbox made this folder; without it nothing in a folder is ever deleted. */
  public readonly marker = (): string => this.at(MARKER);
  /** Process id, port and start time of the emulator. */
  public readonly emulator = (): string => this.at("emulator.json");
  /** The emulator's log. */
  public readonly emulatorLog = (): string => this.at("emulator.log");
  /** Process id of the command that works on the sandbox now. */
  public readonly lock = (): string => this.at("lock.json");
  /** AWS profiles: settings. */
  public readonly awsConfig = (): string => this.at("aws/config");
  /** AWS profiles: the emulator's keys. */
  public readonly awsCredentials = (): string => this.at("aws/credentials");
  /** Names no cluster; the file is never there. */
  public readonly noClusters = (): string => this.at("aws/no-kubeconfig");
  /** Terraform CLI configuration. */
  public readonly cliConfig = (): string => this.at("terraform.rc");
  /** Folders of providers that a command was told of by `OPSDX_PROVIDER_MIRROR`. */
  public readonly mirrors = (): string => this.at("mirrors.json");
  /** Providers downloaded from the registry, shared by all stacks. */
  public readonly providers = (): string => this.at("providers");
  /** Synthesized stacks. */
  public readonly outdir = (): string => this.at("cdktf.out");
  /** Terraform state files. */
  public readonly state = (): string => this.at("state");
  /** What the state files and the emulator's memory have in common. */
  public readonly pair = (): string => this.at("pair.json");
  /** Records of Terraform's runs under way. */
  public readonly runs = (): string => this.at("runs");
  /** The local clusters. */
  public readonly clusters = (): string => this.at("clusters");
  /** What the clusters are used with. */
  public readonly clusterChoice = (): string => this.at("clusters/choice.json");
  /** Logs of Terraform's runs. */
  public readonly logs = (): string => this.at("logs");

  /** Whether a name in the sandbox's folder is one that the sandbox gave: only that is deleted. */
  public made(name: string): boolean {
    return MADE.test(name) || /\.\d+\.new$/.test(name);
  }

  /** A path below the sandbox's folder. */
  public at(name: string): string {
    return path.join(this.directory, name);
  }

  /** The folder of a cluster's control plane. */
  public cluster(name: string): string {
    return path.join(this.clusters(), name);
  }

  /** The state file of a stack. */
  public stateOf(stack: string): string {
    return path.join(this.state(), stateFile(stack));
  }
}
