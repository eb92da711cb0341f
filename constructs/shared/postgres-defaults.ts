/**
 * What RDS for PostgreSQL, from version 15 on, sets by itself, as far as somebody could want to say it again.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
 * @see https://www.postgresql.org/docs/17/runtime-config-wal.html
 * @see https://github.com/hashicorp/terraform-provider-aws/issues/1617
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  checkpoint_completion_target: "0.9",
  "rds.force_ssl": "1",
  "rds.logical_replication": "0",
};

/**
 * Whether a value is what RDS sets by itself. RDS keeps `pending-reboot` as the way in which such a parameter is applied, whatever it is
 * told: any other would be in every plan.
 * @see https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/db_parameter_group#problematic-plan-changes
 */
export function isPostgresDefault(parameter: string, value: string): boolean {
  return DEFAULTS[parameter] === value;
}
