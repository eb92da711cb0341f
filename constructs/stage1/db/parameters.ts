/** Values of a PostgreSQL parameter group, by parameter name; RDS takes them all as text. */
export type ParameterValues = Readonly<Record<string, string>>;

/**
 * The parameters set here that PostgreSQL reads only when it starts: RDS refuses to apply them at once, and Terraform would
 * show a change in every plan. The others apply to a running instance.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
 */
export const STATIC_PARAMETERS: ReadonlySet<string> = new Set(["shared_preload_libraries"]);

/**
 * Security and logging, the same for every database: TLS only, SCRAM only, the log lines that filters and queries read, and who read
 * and wrote which table. Bind values never reach the log; pgaudit writes the text of a statement, so the log is kept as PHI is
 * (docs/decisions/0029-what-database-logs-hold.md).
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.pgaudit.reference.html
 */
export const SECURITY_PARAMETERS: ParameterValues = {
  "rds.force_ssl": "1",
  "rds.accepted_password_auth_method": "scram",
  shared_preload_libraries: "pg_stat_statements,auto_explain,pgaudit",
  // Every role, until the runbook's first steps take an application's reads and writes out: a person is never forgotten.
  "pgaudit.log": "ddl,role,read,write",
  "pgaudit.log_catalog": "0",
  "pgaudit.log_parameter": "0",
  "pgaudit.log_relation": "1",
  "pgaudit.log_statement_once": "1",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  // Since PostgreSQL 16 plans come with bind values, and RDS documents no parameter that leaves them out.
  "auto_explain.log_min_duration": "-1",
  log_connections: "1",
  log_disconnections: "1",
  log_lock_waits: "1",
  // Milliseconds, except log_temp_files: kB.
  log_autovacuum_min_duration: "10000",
  log_temp_files: "10240",
  track_io_timing: "1",
};

/**
 * Whether the text of slow and of failed statements reaches the log, with whatever values stand in it. Off, an error says its message
 * only: the DETAIL of a broken constraint holds the row's key.
 */
export function statementParameters(logStatements: boolean): ParameterValues {
  return logStatements
    ? { log_min_duration_statement: "1000", log_min_error_statement: "error", log_error_verbosity: "default" }
    : { log_min_duration_statement: "-1", log_min_error_statement: "panic", log_error_verbosity: "terse" };
}

/** The operational database: short transactions, small and frequent vacuums, random reads from SSD. */
export const OLTP_PARAMETERS: ParameterValues = {
  ...SECURITY_PARAMETERS,
  idle_in_transaction_session_timeout: "300000",
  autovacuum_vacuum_scale_factor: "0.05",
  autovacuum_analyze_scale_factor: "0.02",
  random_page_cost: "1.1",
};

/**
 * The warehouse: bulk loads and large sorts. `synchronous_commit` stays on here; the load role alone switches it off
 * (`ALTER ROLE`, see the runbook), because a lost transaction of anyone else would go unnoticed. Nor do idle transactions
 * end after 5 minutes: a load may wait that long on its source.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Procedural.Importing.html
 */
export const WAREHOUSE_PARAMETERS: ParameterValues = {
  ...SECURITY_PARAMETERS,
  // kB
  maintenance_work_mem: "2097152",
  work_mem: "262144",
  // MB
  max_wal_size: "32768",
  // Seconds
  checkpoint_timeout: "1800",
  checkpoint_completion_target: "0.9",
  max_parallel_workers_per_gather: "4",
  default_statistics_target: "500",
  autovacuum_vacuum_scale_factor: "0.02",
};
