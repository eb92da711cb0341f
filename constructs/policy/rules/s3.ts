import type { ResourceModel, StackModel } from "../model";
import type { Rule, Violation } from "../rule";

function bucketsWithout(stack: StackModel, problem: string, has: (bucket: ResourceModel) => boolean): Violation[] {
  return stack
    .ofType("aws_s3_bucket")
    .filter((bucket) => !has(bucket))
    .map((resource) => ({ resource, problem }));
}

/** Rules on S3 buckets. */
export const s3Rules: readonly Rule[] = [
  {
    id: "S3BucketVersioningEnabled",
    citation: "HIPAA 164.312(c)(1)",
    fix: "give the bucket an aws_s3_bucket_versioning with status Enabled, or use SecureBucket",
    check: (stack) =>
      bucketsWithout(stack, "is not versioned", (bucket) =>
        stack
          .referring("aws_s3_bucket_versioning", "bucket", bucket)
          .some(({ body }) => JSON.stringify(body["versioning_configuration"]).includes('"status":"Enabled"')),
      ),
  },
];
