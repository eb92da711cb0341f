import {
  databaseReaderName,
  databaseReaderPassword,
  databaseReaderUser,
  serviceRole,
  type DatabaseReaderId,
} from "../../../config/names";
import type { Construct } from "../cdktf";
import { DatabaseJob, type DatabaseJobPlace } from "./database-job";

/** Properties of {@link DatabaseReader}. */
export interface DatabaseReaderProps extends DatabaseJobPlace {
  /** The service that reads. */
  readonly service: DatabaseReaderId["service"];
  /** The database that it reads. */
  readonly source: "db" | "dw";
  /** What tells it from another reader of the service in the same database. @default - nothing: it has one for each database */
  readonly name?: string;
  /** All that it reads, each `<schema>.<view>`. */
  readonly views: readonly string[];
  /** Path of the setting that names the views, for whoever reads why the Job failed. */
  readonly setting: string;
  /** By the secret `<service>/<source or name>-password`, or by IAM: then it has no password. */
  readonly login: "password" | "iam";
  /**
   * What becomes of a view that is not there: the Job fails and says so, or grants the others and says so.
   * @default "refuse"
   */
  readonly missing?: "refuse" | "wait";
  /** Most connections at a time. @default 10 */
  readonly connectionLimit?: number;
  /** Seconds after which a statement is canceled, unless its session chose otherwise. @default 60 */
  readonly statementTimeoutSeconds?: number;
}

/**
 * A role in `db` or `dw` that reads the views that are named and nothing else, by its rights and not by its manners. A Job makes it, or
 * sets it right: {@link DatabaseJob}. A view that is named no longer is taken from it; a role that can write, a table, and a view that
 * wants the reader's own rights on what is below it are refused.
 */
export class DatabaseReader extends DatabaseJob {
  /** Short name of the database. */
  public readonly source: "db" | "dw";
  /** Name of the database in the instance. */
  public readonly database: string;
  /** Name of the role. */
  public readonly user: string;

  public constructor(scope: Construct, id: string, props: DatabaseReaderProps) {
    const { login, name, platform, service, source, views } = props;
    const { databases, environment } = platform;
    const jobName = databaseReaderName({ service, name: name ?? source });
    const user = databaseReaderUser({ service, name });
    const database = source === "db" ? databases.dbName : databases.dwName;
    super(scope, id, {
      ...props,
      name: jobName,
      role: {
        name: serviceRole(environment, jobName),
        description: `Jobs that make the role ${user} in ${source}`,
        policyDescription: `The master secret of ${source}, and the password of ${user}, where it has one`,
      },
      server: {
        database,
        ...(source === "db"
          ? { host: databases.dbAddress, port: databases.dbPort, masterSecretArn: databases.dbMasterSecretArn }
          : { host: databases.dwAddress, port: databases.dwPort, masterSecretArn: databases.dwMasterSecretArn }),
      },
      ...(login === "password" && {
        password: { system: service, reference: databaseReaderPassword(name ?? source) },
      }),
      settings: {
        CONNECTION_LIMIT: `${props.connectionLimit ?? 10}`,
        READER_MISSING: props.missing ?? "refuse",
        READER_ROLE: user,
        READER_SETTING: props.setting,
        READER_VIEWS: [...views].sort().join(","),
        STATEMENT_TIMEOUT_SECONDS: `${props.statementTimeoutSeconds ?? 60}`,
      },
    });
    this.source = source;
    this.database = database;
    this.user = user;
  }
}
