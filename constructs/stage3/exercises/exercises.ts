import { exercisesBucket } from "../../../config/names";
import { Construct } from "../../shared/cdktf";
import { EncryptionKey } from "../../shared/encryption/encryption-key";
import type { ExercisesBucket, Platform } from "../../shared/platform";
import { acknowledge } from "../../shared/policy/acknowledge";
import { SecureBucket } from "../../shared/storage/secure-bucket";

/** Properties of {@link Exercises}. */
export interface ExercisesProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "bucketLogBucket" | "environment" | "monitoring">;
}

/**
 * What load tests and drills have in common: the bucket of what they show (`load/<run>/…`, `drills/<run>/…`), in which also lies the lock
 * (`lock/exercise.json`) by which there is one exercise at a time. Reports are evidence, and stay as long as audit logs do.
 */
export class Exercises extends Construct implements ExercisesBucket {
  /** See {@link ExercisesBucket.bucketName}. */
  public readonly bucketName: string;
  /** See {@link ExercisesBucket.bucketArn}. */
  public readonly bucketArn: string;
  /** See {@link ExercisesBucket.keyArn}. */
  public readonly keyArn: string;

  public constructor(scope: Construct, id: string, { platform }: ExercisesProps) {
    super(scope, id);
    const { account, bucketLogBucket, environment, monitoring } = platform;
    this.keyArn = new EncryptionKey(this, "Key", {
      alias: `${monitoring.namePrefix}-exercises`,
      description: `What load tests and drills of ${environment} show`,
      accountId: account.id,
    }).arn;
    const { retention } = monitoring;
    const bucket = new SecureBucket(this, "Bucket", {
      bucketName: exercisesBucket(environment, account.id),
      keyArn: this.keyArn,
      accessLogBucket: bucketLogBucket,
      lifecycle: [{ id: "reports", infrequentAccessAfterDays: 30, expireAfterDays: retention.auditDays }],
    });
    acknowledge(
      bucket,
      "S3BucketReplicationEnabled",
      "An exercise that is lost is done again; verdicts and scorecards that matter stand in the project, too.",
    );
    this.bucketName = bucket.bucketName;
    this.bucketArn = bucket.arn;
  }
}
