import {
  configFile,
  databaseReaderName,
  databaseReaderUser,
  redashCache,
  secretPath,
  stackName,
} from "../../../config/names";
import type { RedashConfig } from "../../../config/schema/redash";
import { copySecretsNow } from "../../shared/helm/copy-secrets";
import { aws, cdktf, jobAgain, opsdx, pipe, sql, type Command } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Procedure, SystemFacts } from "../../shared/observability/system";
import type { RedashCommands } from "./commands";
import { SETUP } from "./setup-job";
import { REDASH, WORKER_KINDS, workerComponent } from "./values";

/** What Redash's page of the runbook is written from. */
export interface RedashFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Full name of its cluster. */
  readonly cluster: string;
  /** What people run. */
  readonly commands: RedashCommands;
  /** Its settings. */
  readonly config: RedashConfig;
  /** Identifier of the instance that its database is in. */
  readonly instance: string;
}

/** What the runbook says of Redash. */
export function redashFacts(props: RedashFactsProps): SystemFacts {
  const { commands, config, environment } = props;
  const { run } = commands;
  const deploy = cdktf("deploy", stackName(environment, "stage3"));
  const scale = (replicas: string): Command =>
    run(`scale deployment/${REDASH} deployment/${REDASH}-scheduler --replicas=${replicas}`);
  return {
    name: REDASH,
    title: "Queries and dashboards (Redash)",
    owner: config.owner,
    purpose: `People query the databases in it, and put what they find on dashboards. Nothing else depends on it; results that it keeps are PHI, and go ${config.resultDays} days after no query shows them any more.`,
    launch: [
      ["Once, what can be made up of its secrets:", opsdx(`secrets init ${environment}`)],
      [
        "Database, cache, the Job that prepares both, and the release, in this order:",
        deploy,
        `The first account is ${config.administrator.email}; its password:`,
        aws(
          `secretsmanager get-secret-value --secret-id ${secretPath(environment, REDASH)}admin-password --query SecretString --output text`,
        ),
        opsdx(`open ${environment} ${REDASH}`),
      ],
    ],
    stop: [
      [
        "Nobody reaches it and nothing is scheduled; what runs ends by itself. It tells that no target is healthy.",
        scale("0"),
      ],
      [
        "Go on, with as many pods of each kind as the configuration says. The next deployment does not put back what Helm did not change.",
        ...allPods(props),
      ],
    ],
    status: [commands.pods, commands.queues, commands.running, run("get jobs"), commands.cache],
    logs: [
      ["Server, scheduler, each kind of worker, and the Job have a stream each:", commands.logs("*")],
      ["Queries that failed, with what the database said:", commands.failures],
      ["The newest lines directly:", run(`logs deployment/${REDASH} --tail=100`), commands.workerLogs],
      [
        "Texts of queries, and values in errors, may be in it: it is kept as PHI is. Who queried what is in Redash's table `events`, and in the databases' own audit log.",
        sql(
          "select created_at, u.email, e.action, e.object_type, e.object_id from events e join users u on u.id = e.user_id order by created_at desc limit 50;",
        ),
      ],
    ],
    metrics: [
      `CloudWatch > Dashboards > opsdx-${environment}-${REDASH}.`,
      "Made of the log: CloudWatch > Metrics > OpsDX/Redash. Of the queues: ElastiCache > CacheClusterId.",
    ],
    procedures: [
      upgrade(props, deploy),
      goBack(props, deploy),
      reinstall(props, deploy),
      restore(props),
      source(props, deploy),
      restart(props),
      cachePassword(props),
      encryptionKey(props),
      lostLogin(props),
    ],
  };
}

/** Runs the Job again, and waits for it. */
function again({ cluster, commands: { run } }: RedashFactsProps): readonly Command[] {
  const job = `${SETUP}-again`;
  return [
    ...jobAgain({ cluster, namespace: REDASH }, SETUP),
    run(`wait job/${job} --for=condition=complete --timeout=1h`),
    run(`logs job/${job}`),
  ];
}

function upgrade({ commands: { run }, environment }: RedashFactsProps, deploy: Command): Procedure {
  return {
    title: "Upgrade",
    steps: [
      [
        "Read the release notes, and what they say of the database: https://github.com/getredash/redash/releases. Chart and image go together: `constructs/stage3/redash/values.ts` and `config/images.ts`.",
        opsdx("charts check redash"),
        opsdx("images lock"),
        cdktf("diff", stackName(environment, "stage3")),
      ],
      [
        "The Job takes a snapshot of the instance when the schema changes, and waits for it: minutes. Then it changes the schema, while the pods of before still run; then come the new ones. Not in the load window, and tell people: queries that run are cut off.",
        deploy,
      ],
      [
        "What it did, the snapshot's name, and the revision to go back to:",
        run("get jobs"),
        run(`logs -l app=${SETUP} --tail=-1`),
      ],
    ],
  };
}

/** Stops what writes, but for people. */
function stopWork({ commands: { run } }: RedashFactsProps): Command {
  return run(
    `scale ${["scheduler", ...WORKER_KINDS.map(workerComponent)].map((kind) => `deployment/${REDASH}-${kind}`).join(" ")} --replicas=0`,
  );
}

/** What brings back pods that were stopped. */
const PODS_AGAIN = "Pods that were stopped are started by hand: Go on, under Stop on this page.";

/** As many pods of each kind as the configuration says. */
function allPods({ commands: { run }, config }: RedashFactsProps): readonly Command[] {
  return [
    run(`scale deployment/${REDASH} --replicas=${config.server.replicas}`),
    run(`scale deployment/${REDASH}-scheduler --replicas=1`),
    ...WORKER_KINDS.map((kind) =>
      run(`scale deployment/${REDASH}-${workerComponent(kind)} --replicas=${config.workers[kind].replicas}`),
    ),
  ];
}

/**
 * Takes the schema back. The release is that of before by now, and so are its pods; the Job's template has the newer image, which alone knows
 * the way.
 */
function downgrade({ commands: { run } }: RedashFactsProps): readonly Command[] {
  const job = `${SETUP}-back`;
  const command = ["python", "manage.py", "db", "downgrade", placeholder("version")];
  const patch = [{ op: "replace", path: "/spec/template/spec/containers/0/command", value: command }];
  return [
    run(`delete job ${job} --ignore-not-found`),
    pipe(
      run(`create job ${job} --from=cronjob/${SETUP} --dry-run=client -o yaml`),
      run(`patch --local -f - --type=json -p '${JSON.stringify(patch)}' -o yaml`).command,
      run("create -f -").command,
    ),
    run(`wait job/${job} --for=condition=complete --timeout=1h`),
    run(`logs job/${job}`),
  ];
}

function goBack(props: RedashFactsProps, deploy: Command): Procedure {
  const { instance } = props;
  return {
    title: "Go back",
    steps: [
      "A release whose pods don't become ready goes back by itself; the schema does not. Pods of before mostly live with a newer schema: look first whether they do.",
      [
        `Otherwise, before the commit is reverted, back to the revision that the Job wrote (\`${placeholder("version")}\`): another Job of its template, which has the newer image. What the newer version wrote into columns that go is lost:`,
        stopWork(props),
        ...downgrade(props),
      ],
      [`Then revert the commit, and deploy: the Job finds the schema as it wants it. ${PODS_AGAIN}`, deploy],
      [
        "When even that fails: Restore, from the snapshot that the Job took.",
        aws(
          `rds describe-db-snapshots --db-instance-identifier ${instance} --query "DBSnapshots[?contains(DBSnapshotIdentifier,'before-redash')].[DBSnapshotIdentifier,SnapshotCreateTime,Status]" --output table`,
        ),
      ],
    ],
  };
}

function reinstall(props: RedashFactsProps, deploy: Command): Procedure {
  const { commands, environment } = props;
  return {
    title: "Reinstall from nothing",
    steps: [
      "Every query, dashboard and result is lost. It stands in place of the wiki's lines `drop database redash` and `create database redash`, which took no snapshot and asked nobody.",
      [
        "Nobody may be connected:",
        commands.run(
          `scale ${["", ...["scheduler", ...WORKER_KINDS.map(workerComponent)].map((kind) => `-${kind}`)].map((kind) => `deployment/${REDASH}${kind}`).join(" ")} --replicas=0`,
        ),
      ],
      [
        "A snapshot of the instance, then the database anew. It asks for the name of what goes, and refuses in the load window:",
        opsdx(`services database ${environment} ${REDASH} reset`),
      ],
      ["Tables, first account, groups and data sources:", ...again(props)],
      [
        "And the pods, with what was queued before:",
        commands.run(`rollout restart deployment/${REDASH}`),
        deploy,
        commands.restart,
      ],
      PODS_AGAIN,
    ],
  };
}

function restore({ environment, instance }: RedashFactsProps): Procedure {
  return {
    title: "Restore",
    steps: [
      "Lost with the database: saved queries, dashboards, alerts, accounts, results. Lost with the cache: work that was queued, which is asked for again, and nothing else: it is made anew by a deployment, in about 20 minutes, and the Job gives its user the password.",
      [
        "The instance holds other services' databases, too: it is restored beside, to a point in time or from a snapshot, and only this database is copied over. With a few GiB that takes half an hour to an hour, most of it AWS's. Steps of the page RDS, Restore; then, between the two instances:",
        aws(
          `rds describe-db-instances --db-instance-identifier ${instance} --query "DBInstances[0].[LatestRestorableTime,Endpoint.Address]"`,
        ),
      ],
      [
        "Copied over with pg_dump and pg_restore of the database redash, from a controller, with the pods scaled to none. Then the Job brings the schema to what the image wants:",
        cdktf("deploy", stackName(environment, "stage3")),
      ],
    ],
  };
}

function source(props: RedashFactsProps, deploy: Command): Procedure {
  const { commands, environment } = props;
  const name = placeholder("name");
  return {
    title: "A data source",
    steps: [
      [
        `Name it, its views and its groups in ${configFile(environment)}, under \`redash.dataSources\`; give it a password:`,
        cdktf("deploy", stackName(environment, "stage1")),
        opsdx(`secrets init ${environment}`),
      ],
      [
        `A Job makes the role \`${databaseReaderUser({ service: REDASH, name })}\`, which reads those views and nothing else, and another the source and its groups; people come into groups in Redash, or by the attribute \`RedashGroups\` of SAML:`,
        deploy,
      ],
      [
        "It fails where a view is not there, is a table, or where the role could write, and says what to do:",
        commands.run(`logs -l app=${databaseReaderName({ service: REDASH, name })} --tail=10`),
        commands.run("get jobs"),
      ],
      [
        "After a rotation, the role's Job, then Redash's:",
        ...jobAgain({ cluster: props.cluster, namespace: REDASH }, databaseReaderName({ service: REDASH, name })),
        ...again(props),
      ],
      `One that is taken out of the settings loses its source; its role keeps its views until the database's owner drops it (\`drop owned by …; drop role …\`).`,
      "A source that people make in Redash themselves is taken away from every group with the next run: its queries stay.",
    ],
  };
}

function restart({ commands }: RedashFactsProps): Procedure {
  return {
    title: "Restart",
    steps: [
      [
        "Queries that run are cut off, and asked again by who waits; schedules come back:",
        commands.restart,
        commands.pods,
      ],
    ],
  };
}

function cachePassword(props: RedashFactsProps): Procedure {
  return {
    title: "A new password for the cache",
    steps: [
      [
        "Pods that run keep their connections; new ones fail until they have restarted.",
        opsdx(`secrets rotate ${props.environment} ${REDASH}/cache-password`),
      ],
      [
        "Not waiting for the hour:",
        ...copySecretsNow({ cluster: props.cluster, namespace: REDASH }),
        ...again(props),
        props.commands.restart,
      ],
      [
        "It still refuses: whose password is it?",
        aws(
          `elasticache describe-users --user-id ${redashCache(props.environment)} --query "Users[0].[Status,Authentication]"`,
        ),
      ],
    ],
  };
}

function encryptionKey(props: RedashFactsProps): Procedure {
  const { commands, environment } = props;
  const { restart, server } = commands;
  return {
    title: "A new key for what is encrypted",
    steps: [
      "Only when the key has leaked: then the passwords of data sources have, too, and they come first (A data source).",
      [
        `\`opsdx secrets rotate\` refuses it. Stop what writes, and put a new one in; the former stays as the version AWSPREVIOUS:`,
        stopWork(props),
        aws(
          `secretsmanager put-secret-value --secret-id ${secretPath(environment, REDASH)}secret-key --secret-string "$(openssl rand -hex 32)" --query VersionId`,
        ),
      ],
      [
        "In a pod that still has the former one: both keys are asked of Secrets Manager, AWSPREVIOUS and AWSCURRENT, and typed in its shell, not here.",
        server("/app/manage.py database reencrypt --help"),
      ],
      [
        "Then everything starts anew. Data sources that are declared are written anew by the Job in any case; what is lost without this step are those of people, and where alerts go.",
        restart,
        PODS_AGAIN,
      ],
    ],
  };
}

function lostLogin({ commands: { run, server }, config }: RedashFactsProps): Procedure {
  return {
    title: "Nobody can sign in",
    steps: [
      [
        "An account without a way in; it prints nothing secret:",
        server(`/app/manage.py users list`),
        server(`/app/manage.py users grant_admin ${config.administrator.email}`),
      ],
      ...(config.saml === undefined
        ? []
        : [
            [
              "The identity provider is away. Passwords again, until the next deployment:",
              run(`set env deployment/${REDASH} REDASH_PASSWORD_LOGIN_ENABLED=true`),
            ],
          ]),
    ],
  };
}
