/** One resource of a synthesized stack, with every reference resolved to Terraform's `${…}` form. */
export interface ResourceModel {
  /** Resource type, for example `aws_s3_bucket`. */
  readonly type: string;
  /** Terraform address, for example `aws_s3_bucket.Core_Logs_1A2B3C4D`. */
  readonly address: string;
  /** Path of the construct that made it, below the stack. */
  readonly path: string;
  /** Arguments as they stand in the synthesized JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A synthesized stack as the policy rules read it. */
export class StackModel {
  /** Every resource of the stack, by address. */
  public readonly resources: readonly ResourceModel[];

  /**
   * @param name - the stack's name
   * @param json - the stack's synthesized Terraform JSON
   */
  public constructor(
    public readonly name: string,
    public readonly json: Readonly<Record<string, unknown>>,
  ) {
    const byType = (json["resource"] ?? {}) as Record<string, Record<string, Record<string, unknown>>>;
    this.resources = Object.entries(byType).flatMap(([type, instances]) =>
      Object.entries(instances).map(([name, { "//": comment, ...body }]) => ({
        type,
        address: `${type}.${name}`,
        path: (comment as { metadata: { path: string } }).metadata.path,
        body,
      })),
    );
  }

  /** The resources of one type. */
  public ofType(type: string): readonly ResourceModel[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /**
   * The resources of one type whose argument refers to a resource, for example the versioning of a bucket:
   * `referring("aws_s3_bucket_versioning", "bucket", bucket)`.
   */
  public referring(type: string, argument: string, target: ResourceModel): readonly ResourceModel[] {
    return this.ofType(type).filter(({ body }) =>
      JSON.stringify(body[argument] ?? null).includes(`\${${target.address}.`),
    );
  }
}
