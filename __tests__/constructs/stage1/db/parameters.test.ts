import {
  OLTP_PARAMETERS,
  STATIC_PARAMETERS,
  statementParameters,
  WAREHOUSE_PARAMETERS,
} from "../../../../constructs/stage1/db/parameters";

const SECURITY = {
  "rds.force_ssl": "1",
  shared_preload_libraries: "pg_stat_statements,auto_explain,pgaudit",
  log_lock_waits: "1",
  log_temp_files: "10240",
  log_connections: "1",
  log_disconnections: "1",
  log_autovacuum_min_duration: "10000",
  "auto_explain.log_min_duration": "-1",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  "pgaudit.log": "ddl,role,read,write",
  "pgaudit.log_catalog": "0",
  "pgaudit.log_parameter": "0",
  "pgaudit.log_relation": "1",
  "pgaudit.log_statement_once": "1",
  track_io_timing: "1",
  "rds.accepted_password_auth_method": "scram",
};

describe("parameters", () => {
  it("of the operational database are the agreed ones", () => {
    expect(OLTP_PARAMETERS).toEqual({
      ...SECURITY,
      idle_in_transaction_session_timeout: "300000",
      autovacuum_vacuum_scale_factor: "0.05",
      autovacuum_analyze_scale_factor: "0.02",
      random_page_cost: "1.1",
    });
  });

  it("of the warehouse are the agreed ones, and leave synchronous_commit to the load role", () => {
    expect(WAREHOUSE_PARAMETERS).toEqual({
      ...SECURITY,
      maintenance_work_mem: "2097152",
      work_mem: "262144",
      max_wal_size: "32768",
      checkpoint_timeout: "1800",
      checkpoint_completion_target: "0.9",
      max_parallel_workers_per_gather: "4",
      default_statistics_target: "500",
      autovacuum_vacuum_scale_factor: "0.02",
    });
  });

  it("write no text of a statement into the log but where the configuration says so, and never a bind value", () => {
    expect(statementParameters(false)).toEqual({
      log_min_duration_statement: "-1",
      log_min_error_statement: "panic",
      log_error_verbosity: "terse",
    });
    expect(statementParameters(true)).toEqual({
      log_min_duration_statement: "1000",
      log_min_error_statement: "error",
      log_error_verbosity: "default",
    });
    for (const parameters of [OLTP_PARAMETERS, WAREHOUSE_PARAMETERS]) {
      const { log_parameter_max_length: slow, log_parameter_max_length_on_error: failed } = parameters;
      expect([slow, failed, parameters["pgaudit.log_parameter"], parameters["auto_explain.log_min_duration"]]).toEqual([
        "0",
        "0",
        "0",
        "-1",
      ]);
    }
  });

  it("name as static only what both set and PostgreSQL reads at its start", () => {
    expect([...STATIC_PARAMETERS]).toEqual(["shared_preload_libraries"]);
  });
});
