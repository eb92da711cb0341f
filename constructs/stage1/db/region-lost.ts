import { configFile, namePrefix } from "../../../config/names";
import type { DatabaseConfig } from "../../../config/schema/database";
import { POSTGRES_PORT } from "../../shared/network/ports";
import { aws } from "../../shared/observability/command";
import { placeholder } from "../../shared/observability/placeholders";
import type { Procedure } from "../../shared/observability/system";
import { backupReplicaAlias } from "./backup-replica";
import { OLTP_PARAMETERS, statementParameters } from "./parameters";
import { AVAILABLE, AVAILABLE_WITH_PASSWORD, parameterGroup, RESTORE_OPTIONS, until } from "./restore-commands";

/** What the page says of DB where its region is lost. */
export type RegionLostProps = Pick<
  DatabaseConfig,
  "engineVersion" | "instanceClass" | "logStatements" | "maxAllocatedStorageGib"
> & {
  /** Region that receives copies of DB's backups. */
  readonly replicaRegion: string;
  /** Whether SERVICES' backups are copied there, too. */
  readonly services: boolean;
};

/**
 * How DB comes back in the region of its copies. Of the lost region nothing is asked: its subnets, groups, keys and published values are
 * gone with it, and the program has no network in the other.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/AutomatedBackups.PiTR.html
 */
export function regionLost(environment: string, props: RegionLostProps): Procedure {
  const { engineVersion, replicaRegion } = props;
  const db = `${namePrefix(environment)}-db`;
  const region = ` --region ${replicaRegion}`;
  const family = `postgres${engineVersion}`;
  const look = (query: string) =>
    aws(`rds describe-db-instances${region} --db-instance-identifier ${db} --query "DBInstances[0].${query}"`);
  const key = (database: string): string => `alias/${backupReplicaAlias(`${namePrefix(environment)}-${database}`)}`;
  return {
    title: "The region of DB is lost (a new instance in another; not rehearsed)",
    steps: [
      [
        `Nobody has done this yet. Every command names ${replicaRegion}, and none asks the lost region. The newest copy, and up to when it goes; the ARN and that time are needed below:`,
        aws(
          `rds describe-db-instance-automated-backups${region} --query "DBInstanceAutomatedBackups[?DBInstanceIdentifier=='${db}'].[DBInstanceAutomatedBackupsArn,Status,EngineVersion,RestoreWindow.LatestTime]" --output table`,
        ),
      ],
      [
        `A network: this program has none in ${replicaRegion}. Choose a VPC with private subnets in two zones at least, or make one by hand, where DB's clients are to be or which is peered with theirs. What there is:`,
        aws(
          `ec2 describe-subnets${region} --query "Subnets[].[VpcId,SubnetId,AvailabilityZone,CidrBlock,MapPublicIpOnLaunch]" --output table`,
        ),
      ],
      [
        "Two of its subnets, and a security group in it that lets DB's clients in and nobody else; once more for each address:",
        aws(
          `rds create-db-subnet-group${region} --db-subnet-group-name ${db} --db-subnet-group-description ${db} --subnet-ids ${placeholder("id")} ${placeholder("id")}`,
        ),
        aws(
          `ec2 create-security-group${region} --group-name ${db} --description "Clients of ${db}" --vpc-id ${placeholder("id")}`,
        ),
        aws(
          `ec2 authorize-security-group-ingress${region} --group-id ${placeholder("id")} --protocol tcp --port ${POSTGRES_PORT} --cidr ${placeholder("address")}/32`,
        ),
      ],
      [
        "The parameters that DB has; TLS and pgaudit's record rest on them:",
        ...parameterGroup(db, family, { ...OLTP_PARAMETERS, ...statementParameters(props.logStatements) }, region),
      ],
      [
        "Restore, with the security group's id. Storage and backups there are under the copy's key.",
        aws(
          `rds restore-db-instance-to-point-in-time${region} --source-db-instance-automated-backups-arn ${placeholder("arn")} --target-db-instance-identifier ${db} --restore-time ${placeholder("time")} --db-instance-class ${props.instanceClass} --max-allocated-storage ${props.maxAllocatedStorageGib} --db-subnet-group-name ${db} --vpc-security-group-ids ${placeholder("id")} --db-parameter-group-name ${db} --multi-az --deletion-protection ${RESTORE_OPTIONS}`,
        ),
        until(db, AVAILABLE, region),
      ],
      [
        "RDS keeps its master password in Secrets Manager there from now on:",
        aws(
          `rds modify-db-instance${region} --db-instance-identifier ${db} --manage-master-user-password --master-user-secret-kms-key-id ${key("db")} --apply-immediately`,
        ),
        until(db, AVAILABLE_WITH_PASSWORD, region),
      ],
      [
        `RDS made its log groups without an end, and under a key of AWS: ours there is for backups only. They hold PHI. The days are \`retention.auditDays\` of \`${configFile(environment)}\`:`,
        aws(
          `logs put-retention-policy${region} --log-group-name /aws/rds/instance/${db}/postgresql --retention-in-days ${placeholder("number")}`,
        ),
      ],
      [
        "Are the parameters `in-sync`? If not, restart it, without a failover:",
        look("DBParameterGroups"),
        aws(`rds reboot-db-instance${region} --db-instance-identifier ${db}`),
      ],
      [
        `How clients reach it: by this endpoint, from that VPC and what is peered with it. Roles and their passwords are in the copy. A login by IAM needs \`rds-db:connect\` on the new id in ${replicaRegion}, which no role has.`,
        look("[Endpoint.Address,DbiResourceId,MasterUserSecret.SecretArn]"),
        `Clusters, the web service and ETLs are not there: stage1 knows no network in ${replicaRegion}, and no procedure moves them. Nor do alarms, snapshots or copies of this program watch over it.`,
      ],
      ...(props.services
        ? [
            `SERVICES alike: \`${namePrefix(environment)}-services\`, with the class and the storage of \`databases.services\`, and the key \`${key("services")}\`.`,
          ]
        : []),
      "When the region is back, the old DB lacks what was written meanwhile: keep writers off it, copy everything back by `pg_dump` while none writes, and delete what was made here by hand.",
    ],
  };
}
