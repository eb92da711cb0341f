import { DATABASE_PASSWORD, serviceDatabaseName, serviceDatabaseRole } from "../../../config/names";
import type { DATABASE_SERVICES } from "../../../config/schema/database";
import type { Construct } from "../cdktf";
import { DatabaseJob, type DatabaseJobPlace } from "./database-job";

/** Properties of {@link ServiceDatabase}. */
export interface ServiceDatabaseProps extends DatabaseJobPlace {
  /** The service: its database and its role in it are called like it. */
  readonly service: (typeof DATABASE_SERVICES)[number];
  /** Most connections of its role at a time. @default 50 */
  readonly connectionLimit?: number;
  /** Seconds after which a statement of its role is canceled. @default 300 */
  readonly statementTimeoutSeconds?: number;
}

/**
 * A service's own database in the instance `services`, with a role that owns it and reaches no other. A Job makes both, or sets them
 * right: {@link DatabaseJob}. The password is the secret `<service>/database-password`.
 *
 * People make the Job again by `opsdx services database`.
 */
export class ServiceDatabase extends DatabaseJob {
  /** Name of the database. */
  public readonly database: string;
  /** Name of the role. */
  public readonly user: string;

  /** @throws PropsError where the environment has no database of services */
  public constructor(scope: Construct, id: string, props: ServiceDatabaseProps) {
    const { platform, service } = props;
    const { databases, environment } = platform;
    super(scope, id, {
      ...props,
      name: serviceDatabaseName(service),
      role: {
        name: serviceDatabaseRole(environment, service),
        description: `Jobs that make the database of ${service}`,
        policyDescription: `The master secret of the database of services, and the password of ${service} in it`,
      },
      server: {
        host: databases.servicesAddress,
        port: databases.servicesPort,
        masterSecretArn: databases.servicesMasterSecretArn,
      },
      password: { system: service, reference: DATABASE_PASSWORD },
      settings: {
        CONNECTION_LIMIT: `${props.connectionLimit ?? 50}`,
        DATABASE_SERVICE: service,
        STATEMENT_TIMEOUT_SECONDS: `${props.statementTimeoutSeconds ?? 300}`,
      },
    });
    this.database = service;
    this.user = service;
  }
}
