import { snapshotFirst } from "../../../../constructs/shared/database/snapshot-first";

it("waits for the very snapshot that it takes, of the services' instance, under a name that is free", () => {
  expect(snapshotFirst("dev", "grafana").map(({ command }) => command)).toEqual([
    "SNAPSHOT=opsdx-dev-services-before-grafana-$(date -u +%Y%m%d%H%M)",
    'aws rds create-db-snapshot --db-instance-identifier opsdx-dev-services --db-snapshot-identifier "$SNAPSHOT"',
    'aws rds wait db-snapshot-available --db-snapshot-identifier "$SNAPSHOT"',
  ]);
});
