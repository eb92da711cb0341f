/** Values of a PostgreSQL parameter group, by parameter name; RDS takes them all as text. */
export type ParameterValues = Readonly<Record<string, string>>;

/**
 * The parameters set here that PostgreSQL reads only when it starts: RDS refuses to apply them at once, and Terraform would
 * show a change in every plan. The others apply to a running instance.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
 */
export const STATIC_PARAMETERS: ReadonlySet<string> = new Set(["shared_preload_libraries"]);

/** Security and logging, the same for every database: TLS only, SCRAM only, and the log lines that filters and queries read. */
export const SECURITY_PARAMETERS: ParameterValues = {
  "rds.force_ssl": "1",
  "rds.accepted_password_auth_method": "scram",
  shared_preload_libraries: "pg_stat_statements,auto_explain,pgaudit",
  "pgaudit.log": "ddl,role",
  log_connections: "1",
  log_disconnections: "1",
  log_lock_waits: "1",
  // Milliseconds, except log_temp_files: kB.
  log_min_duration_statement: "1000",
  log_autovacuum_min_duration: "10000",
  "auto_explain.log_min_duration": "5000",
  log_temp_files: "10240",
  track_io_timing: "1",
};

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
