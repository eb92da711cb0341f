import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { LocalState } from "./local-state";
import type { Terraform } from "./terraform";

type Json = Record<string, unknown>;
type Resources = Readonly<Record<string, Readonly<Record<string, Json>>>>;

/** What has a name in the account, so that making it a second time fails. A key has none: its alias leads to it. */
const NAMED = { bucket: "aws_s3_bucket", alias: "aws_kms_alias", key: "aws_kms_key" } as const;

const KEY_HINT =
  "A key that Terraform was making when it was killed has no alias yet, stays behind and is used by nothing: find it with " +
  "`aws resourcegroupstaggingapi get-resources --resource-type-filters kms:key --tag-filters Key=stack,Values=global`, " +
  "and delete it with `aws kms schedule-key-deletion`";

/**
 * Finds by name what a Terraform that was killed made and never wrote down. A folder of its own declares only that: `terraform import`
 * would sign in to the account of every provider that a folder names, and the bootstrap needs no environment's account.
 */
export class Adoption {
  private readonly addresses: Readonly<Record<keyof typeof NAMED, string>>;

  /**
   * @param json - the stack's Terraform JSON
   * @param targets - addresses that the bootstrap makes
   * @param directory - folder for the declaration
   * @param state - where the finds are written
   */
  public constructor(
    private readonly json: Json,
    targets: readonly string[],
    private readonly directory: string,
    private readonly state: LocalState,
  ) {
    const the = (type: string): string => targets.find((target) => target.startsWith(`${type}.`)) ?? "";
    this.addresses = { bucket: the(NAMED.bucket), alias: the(NAMED.alias), key: the(NAMED.key) };
  }

  /** Whether the state names all that could be found. */
  public isComplete(): boolean {
    return Object.values(this.addresses).every((address) => this.knows(address));
  }

  /**
   * Looks, and takes what it finds into the state.
   * @returns what was found, a line each
   */
  public async run(terraformIn: (directory: string) => Terraform): Promise<readonly string[]> {
    this.declare();
    const terraform = terraformIn(this.directory);
    await terraform.init();
    const { bucket, alias, key } = this.addresses;
    const found = [
      await this.take(terraform, bucket, String(this.body(bucket)["bucket"])),
      await this.take(terraform, alias, String(this.body(alias)["name"])),
    ];
    const keyId = this.state.argument(alias, "target_key_id");
    if (keyId !== undefined) found.push(await this.take(terraform, key, keyId));
    else if (this.isBegun() && !this.knows(key)) found.push(KEY_HINT);
    return found.filter((line) => line !== undefined);
  }

  private async take(terraform: Terraform, address: string, id: string): Promise<string | undefined> {
    if (this.knows(address) || !(await terraform.import(address, id))) return undefined;
    return `Found ${address} (${id}), which an earlier run made: it is in the state now`;
  }

  private isBegun(): boolean {
    const contents = this.state.contents();
    return typeof contents === "object" && Object.keys(contents).length > 0;
  }

  private knows(address: string): boolean {
    const contents = this.state.contents();
    return typeof contents === "object" && address in contents;
  }

  private body(address: string): Json {
    const [type = "", name = ""] = address.split(".");
    return (this.json["resource"] as Resources)[type]?.[name] ?? {};
  }

  private declare(): void {
    const { required_providers: providers } = this.json["terraform"] as { required_providers: Json };
    const aws = (this.json["provider"] as { aws: readonly Json[] }).aws;
    const resource = Object.fromEntries(
      Object.values(this.addresses).map((address) => {
        const [type = "", name = ""] = address.split(".");
        return [type, { [name]: this.body(address) }];
      }),
    );
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(
      path.join(this.directory, "main.tf.json"),
      JSON.stringify({
        terraform: { backend: { local: { path: this.state.file } }, required_providers: { aws: providers["aws"] } },
        provider: { aws: aws.filter(({ alias }) => alias === undefined) },
        resource,
      }),
    );
  }
}
