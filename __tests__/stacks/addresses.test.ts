import { renderProgram } from "./support";
import pinned from "./stateful-addresses.json";

/** What holds data, keys, names or addresses that cannot be made again. */
const STATEFUL = new Set([
  "aws_backup_vault",
  "aws_cloudtrail",
  "aws_cloudwatch_log_group",
  "aws_db_instance",
  "aws_ebs_volume",
  "aws_ecr_repository",
  "aws_eip",
  "aws_kms_key",
  "aws_route53_delegation_set",
  "aws_route53_key_signing_key",
  "aws_route53_zone",
  "aws_s3_bucket",
  "aws_subnet",
  "aws_vpc",
]);

const addresses = Object.fromEntries(
  renderProgram().map(({ name, resources }) => [
    name,
    resources.flatMap(({ type, address }) => (STATEFUL.has(type) ? [address] : [])).sort(),
  ]),
);

// A new address makes Terraform destroy what stands at the old one. A rename needs a `moved` block; only then change the list.
test.each(Object.keys(addresses))("nothing stateful in %s has changed its address", (stack) => {
  expect(addresses[stack]).toEqual((pinned as Record<string, string[]>)[stack]);
});
