import { S3BucketObjectLockConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import type { AuditConfig } from "../../../config/schema/audit";
import type { Construct, TerraformProvider } from "../cdktf";
import type { SecureBucket } from "../storage/secure-bucket";

/** How long, and how firmly, trail files are locked. */
export type TrailLock = Pick<AuditConfig, "trailLockMode" | "trailLockYears">;

/**
 * Locks what a bucket of trail files receives from now on.
 *
 * The mode is config's decision: `compliance` where the files are evidence (HIPAA 164.316(b)(2)(i) asks for six years), since
 * stolen administrator credentials lift every other protection, and not even the root user can lift this one; `governance`
 * where an environment must still be able to go, since files in compliance mode keep their bucket alive for all those years.
 */
export function lockTrailFiles(
  scope: Construct,
  id: string,
  bucket: SecureBucket,
  lock: TrailLock,
  provider?: TerraformProvider,
): void {
  new S3BucketObjectLockConfigurationA(scope, id, {
    provider,
    bucket: bucket.bucketName,
    objectLockEnabled: "Enabled",
    rule: { defaultRetention: { mode: lock.trailLockMode.toUpperCase(), years: lock.trailLockYears } },
    dependsOn: [bucket.versioning],
  });
}

/** Days after which a trail file expires: past the lock, leap years included. */
export function trailExpiryDays(lock: TrailLock): number {
  return lock.trailLockYears * 366;
}
