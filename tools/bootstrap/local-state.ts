import { existsSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import { BootstrapError, type StateContents } from "./situation";
import { stateContents } from "./state-account";

interface Instances {
  readonly serial?: number;
  readonly lineage?: string;
  readonly resources?: readonly {
    readonly type: string;
    readonly name: string;
    readonly instances: readonly {
      readonly status?: string;
      readonly attributes?: Readonly<Record<string, unknown>>;
    }[];
  }[];
}

/** The state on this machine. Terraform writes it in place: a full disk or a crash leaves half of it. */
export class LocalState {
  /** @param file - absolute path of the state file */
  public constructor(public readonly file: string) {}

  /** What it knows; "broken" when it is there and cannot be read. */
  public contents(): StateContents | "broken" | undefined {
    if (!existsSync(this.file)) return undefined;
    try {
      return stateContents(readFileSync(this.file, "utf8"), this.file);
    } catch (error) {
      if (error instanceof BootstrapError) return "broken";
      throw error;
    }
  }

  /**
   * Makes it one that Terraform reads: in place of one that is broken or older comes what Terraform saved in the stack's folder when it could not
   * write this file; one that stays broken is kept under another name.
   * @returns what was done, in words; undefined when nothing was
   * @see https://developer.hashicorp.com/terraform/cli/commands/apply - "errored.tfstate"
   */
  public mend(stackDirectory: string): string | undefined {
    const saved = new LocalState(path.join(stackDirectory, "errored.tfstate"));
    const rescued = typeof saved.contents() === "object" && saved.serial() >= this.serial();
    const aside = this.contents() === "broken" || (rescued && existsSync(this.file)) ? this.setAside() : undefined;
    if (rescued) renameSync(saved.file, this.file);
    if (aside === undefined && !rescued) return undefined;
    return (
      (aside === undefined ? "" : `${this.file} could not be read whole, or was older, and is kept as ${aside}. `) +
      (rescued
        ? `Terraform had saved its state in ${saved.file}: going on with that.`
        : "What it named is found again by its names.")
    );
  }

  /** Addresses of what Terraform began to make and did not finish, and would destroy first. */
  public unfinished(): readonly string[] {
    return this.resources()
      .filter(({ instances }) => instances.some(({ status }) => status === "tainted"))
      .map(({ type, name }) => `${type}.${name}`);
  }

  /** An argument of a resource; undefined when it is not known. */
  public argument(address: string, name: string): string | undefined {
    const found = this.resources().find((resource) => `${resource.type}.${resource.name}` === address);
    const value = found?.instances[0]?.attributes?.[name];
    return typeof value === "string" ? value : undefined;
  }

  private resources(): NonNullable<Instances["resources"]> {
    return this.parsed().resources ?? [];
  }

  private serial(): number {
    return this.parsed().serial ?? -1;
  }

  private parsed(): Instances {
    return typeof this.contents() === "object" ? (JSON.parse(readFileSync(this.file, "utf8")) as Instances) : {};
  }

  private setAside(): string {
    for (let count = 1; ; count += 1) {
      const aside = `${this.file}.broken-${count}`;
      if (existsSync(aside)) continue;
      renameSync(this.file, aside);
      return aside;
    }
  }
}
