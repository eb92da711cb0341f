/**
 * What `terraform show -json` prints of a plan, as far as it is read here.
 * @see https://developer.hashicorp.com/terraform/internals/json-format
 */
export interface TerraformPlan {
  /** Version of the format, such as `1.2`. @default - unknown */
  readonly format_version?: string;
  /** Every resource, with what would become of it. @default - none */
  readonly resource_changes?: readonly ResourceChange[];
  /** Every output, with what would become of it. @default - none */
  readonly output_changes?: Readonly<Record<string, Change>>;
  /** What differs from the state already. @default - nothing */
  readonly resource_drift?: readonly ResourceChange[];
  /** The configuration that was planned. @default - none */
  readonly configuration?: {
    readonly root_module?: { readonly resources?: readonly ConfiguredResource[] };
  };
}

/** A resource as it is configured. */
export interface ConfiguredResource {
  /** Its address. */
  readonly address: string;
  /** `managed` or `data`. @default - managed */
  readonly mode?: string;
  /** Its type. @default - the address tells */
  readonly type?: string;
  /** By argument: a constant, or what it refers to; blocks nest. @default - none */
  readonly expressions?: Readonly<Record<string, unknown>>;
}

/** What would become of a resource. */
export interface ResourceChange {
  /** Its address. */
  readonly address: string;
  /** The address that it moves from. @default - it does not move */
  readonly previous_address?: string;
  /** `managed` or `data`. @default - managed */
  readonly mode?: string;
  /** Its type. */
  readonly type: string;
  /** Its name within the type. @default - the address tells */
  readonly name?: string;
  /** The change itself. */
  readonly change: Change;
  /** Why Terraform chose it: `replace_because_cannot_update`. @default - it goes without saying */
  readonly action_reason?: string;
}

/** A change of a resource or an output. */
export interface Change {
  /** `["no-op"]`, `["create"]`, `["read"]`, `["update"]`, `["delete", "create"]`, `["create", "delete"]`, `["delete"]`, `["forget"]`. */
  readonly actions: readonly string[];
  /** The value before. @default - there is none */
  readonly before?: unknown;
  /** The value after; what is unknown is missing, or null in a list. @default - there is none */
  readonly after?: unknown;
  /** True where the value after is unknown, in the shape of the value. @default - all is known */
  readonly after_unknown?: unknown;
  /** True where the value before is sensitive, in the shape of the value. @default - nothing is */
  readonly before_sensitive?: unknown;
  /** True where the value after is sensitive, in the shape of the value. @default - nothing is */
  readonly after_sensitive?: unknown;
  /** Paths of what forces a replacement. @default - none */
  readonly replace_paths?: readonly (readonly (string | number)[])[];
  /** Set when it is imported. @default - it is not */
  readonly importing?: { readonly id?: string };
}
