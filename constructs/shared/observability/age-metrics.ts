/**
 * What stage1's function writes every hour (lambdas/age-watch): what is older than the week that an alarm sees. The metrics have no
 * dimensions; those of each secret and database have other names.
 */
export const AGE_METRICS = {
  /** CloudWatch namespace. */
  namespace: "OpsDX/Age",
  /** Days since the oldest current value of a secret was put in; 0 when there is none. */
  oldestSecret: "OldestSecretDays",
  /** Days since the last restore test, of the database that waits longest. */
  oldestRestoreTest: "OldestRestoreTestDays",
  /** That everything was looked at. */
  checked: "AgesChecked",
} as const;
