import { problemsAfter } from "./support";

/** Path, rule and nearest value of every problem. */
const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ file, path, rule, nearest }) => ({ at: `${file} ${path}`, rule, nearest }));

const paths = (changes: Record<string, unknown>) => problemsAfter(changes).map(({ file, path }) => `${file} ${path}`);

describe("rules of one environment", () => {
  it("wants zones of the account's region", () => {
    const elsewhere = Object.fromEntries(
      ["k8s", "k8s-ml", "k8s-ml-tf"].map((name) => [`dev.clusters.${name}.controlPlane.zones`, ["us-east-1a"]]),
    );
    const moved = { "dev.network.zones.us-east-1d": undefined, "dev.network.zones.us-west-2b": { slot: 2 } };
    expect(faults({ ...elsewhere, ...moved })).toEqual([
      {
        at: "config/environments/dev.ts network.zones.us-west-2b",
        rule: "must be a zone of us-east-1, the account's region",
        nearest: '"us-east-1b"',
      },
    ]);
  });

  it("does not judge zones by a region that is wrong itself", () => {
    expect(faults({ "dev.account.region": "us-esat-1" })).toEqual([
      {
        at: "config/environments/dev.ts account.region",
        rule: "must be the name of an AWS region",
        nearest: '"us-east-1"',
      },
    ]);
  });

  it("wants a slot per zone, naming both zones and the nearest free slot", () => {
    expect(faults({ "dev.network.zones.us-east-1d.slot": 0 })).toEqual([
      {
        at: "config/environments/dev.ts network.zones.us-east-1d.slot",
        rule: "must differ from the slot of us-east-1a",
        nearest: "2",
      },
    ]);
  });

  it("wants a slot that fits for every role, and names the lowest that does", () => {
    expect(faults({ "dev.network.zones.us-east-1b": { slot: 3 } })).toEqual([
      {
        at: "config/environments/dev.ts network.zones.us-east-1b.slot",
        rule: "must be a slot whose subnets lie inside the VPC, and clear of all others, for every role",
        nearest: "4",
      },
    ]);
    expect(faults({ "dev.network.zones.us-east-1b": { slot: 4 } })).toEqual([]);
  });

  it("offers a slot that fits to two zones that share one, to a zone outside the VPC, and to two zones at once", () => {
    expect(faults({ "dev.network.zones.us-east-1b": { slot: 2 } })).toMatchObject([{ nearest: "4" }]);
    expect(faults({ "dev.network.zones.us-east-1b": { slot: 16 } })).toMatchObject([{ nearest: "4" }]);
    const two = { "dev.network.zones.us-east-1b": { slot: 3 }, "dev.network.zones.us-east-1f": { slot: 9 } };
    expect(faults(two)).toMatchObject([{ nearest: "4" }, { nearest: "5" }]);
  });

  it.each([
    ["10.0.0.0/8", '"10.0.0.0/16"'],
    // A /28 would not hold the subnets.
    ["10.0.0.0/29", undefined],
    ["10.0.0.8/29", undefined],
  ])("refuses a VPC of %s", (cidr, nearest) => {
    expect(faults({ "dev.network.cidr": cidr })).toContainEqual({
      at: "config/environments/dev.ts network.cidr",
      rule: "must be a block from /16 to /28, the sizes of a VPC",
      nearest,
    });
  });

  it("offers no block that is not private", () => {
    expect(faults({ "dev.network.cidr": "8.0.0.0/8" })).toContainEqual({
      at: "config/environments/dev.ts network.cidr",
      rule: "must be a block from /16 to /28, the sizes of a VPC",
      nearest: undefined,
    });
  });

  it.each(["8.8.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16", "172.32.0.0/16"])(
    "refuses a VPC of %s, which is not private",
    (cidr) => {
      expect(faults({ "dev.network.cidr": cidr })).toContainEqual({
        at: "config/environments/dev.ts network.cidr",
        rule: "must lie inside a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16)",
        nearest: undefined,
      });
    },
  );

  it("wants utility subnets that a load balancer takes", () => {
    const utility = (prefix: number) => faults({ "dev.network.subnets.utility": { prefix, first: "10.0.0.0" } });
    expect(utility(27)).toEqual([]);
    expect(utility(28)).toEqual([
      {
        at: "config/environments/dev.ts network.subnets.utility.prefix",
        rule: "must be at most 27: a load balancer takes no smaller subnet",
        nearest: "27",
      },
    ]);
  });

  it.each([
    ["10.0.3.0/16", "must start at its network address", '"10.0.0.0/16"'],
    ["10.0.0.0", "must be an IPv4 CIDR block such as 10.0.0.0/16", undefined],
    ["fd00::/16", "must be an IPv4 CIDR block such as 10.0.0.0/16", undefined],
  ])("refuses %s as a network", (cidr, rule, nearest) => {
    expect(faults({ "dev.network.cidr": cidr })).toEqual([
      { at: "config/environments/dev.ts network.cidr", rule, nearest },
    ]);
  });

  it("keeps the VPC clear of the pods' addresses", () => {
    expect(faults({ "dev.network.cidr": "100.64.0.0/16" })).toContainEqual({
      at: "config/environments/dev.ts network.cidr",
      rule: "must not overlap 100.64.0.0/10, where kops numbers pods and services",
      nearest: undefined,
    });
  });

  it("wants a range to start where a subnet of its size can", () => {
    expect(faults({ "dev.network.subnets.utility.first": "10.0.1.0", "dev.network.nat": 1 })).toContainEqual({
      at: "config/environments/dev.ts network.subnets.utility.first",
      rule: "must be the network address of a /22",
      nearest: '"10.0.0.0"',
    });
  });

  it("wants subnets inside the VPC, naming the zones once a role", () => {
    expect(faults({ "dev.network.cidr": "10.0.0.0/17" })).toEqual(
      ["master", "db"].map((role) => ({
        at: `config/environments/dev.ts network.subnets.${role}`,
        rule: "must lie inside the VPC 10.0.0.0/17 in every zone, but does not in us-east-1a, us-east-1c, us-east-1d",
        nearest: undefined,
      })),
    );
  });

  it("keeps the roles' subnets apart, although other settings of the network are wrong", () => {
    expect(faults({ "dev.network.subnets.db.first": "10.0.129.0", "dev.network.natGateways": 1 })).toContainEqual({
      at: "config/environments/dev.ts network.subnets.db",
      rule: "must not overlap subnets.master, but in us-east-1a does with us-east-1c (10.0.129.0/24)",
      nearest: undefined,
    });
  });

  it.each([
    [{ "dev.network.zones": { "us-east-1a": { slot: 0 } } }, "an RDS subnet group and databases.db.multiAz need"],
    [
      { "prod.network.zones": { "us-east-1a": { slot: 0 } } },
      'an RDS subnet group and databases.db.multiAz and databases.services.multiAz and nat "per-az" need',
    ],
    [{ "dev.network.zones": {}, "dev.databases.db.multiAz": false }, "an RDS subnet group needs"],
  ])("wants at least two zones (%#)", (changes, reason) => {
    expect(faults(changes).map(({ rule }) => rule)).toContain(`must hold at least 2 zones, as ${reason}`);
  });

  it.each([
    ["05:59-06:20", "must be at least 30 minutes long"],
    ["06:00-06:00", "must be at least 30 minutes long"],
    ["6:00-7:00", "must be a daily window in UTC, hh:mm-hh:mm"],
    ["23:30-24:00", "must be a daily window in UTC, hh:mm-hh:mm"],
    ["sun:06:00-sun:07:00", "must be a daily window in UTC, hh:mm-hh:mm"],
  ])("refuses the backup window %s", (window, rule) => {
    expect(faults({ "dev.databases.db.backupWindow": window })).toContainEqual({
      at: "config/environments/dev.ts databases.db.backupWindow",
      rule,
      nearest: undefined,
    });
  });

  it.each([
    ["sun:07:30-sun:07:59", "must be at least 30 minutes and less than 24 hours long"],
    ["sun:07:30-mon:07:30", "must be at least 30 minutes and less than 24 hours long"],
    ["Sun:07:30-Sun:08:30", "must be a weekly window in UTC"],
    ["07:30-08:30", "must be a weekly window in UTC"],
  ])("refuses the maintenance window %s", (window, rule) => {
    expect(faults({ "dev.databases.db.maintenanceWindow": window })).toContainEqual({
      at: "config/environments/dev.ts databases.db.maintenanceWindow",
      rule: expect.stringContaining(rule) as string,
      nearest: undefined,
    });
  });

  it.each(["23:45-00:15", "21:00-22:00"])("accepts the backup window %s", (window) => {
    expect(paths({ "dev.databases.db.backupWindow": window })).toEqual([]);
  });

  it("keeps backups out of the load window, and finds the nearest free one", () => {
    expect(faults({ "dev.databases.db.backupWindow": "13:30-14:30" })).toEqual([
      {
        at: "config/environments/dev.ts databases.db.backupWindow",
        rule: "must not overlap the load window 09:00-11:30 America/New_York (UTC 14:00-16:30 or 13:00-15:30)",
        nearest: '"12:00-13:00"',
      },
    ]);
  });

  it.each([
    ["summer time only", "13:00-13:30"],
    ["winter time only", "15:45-16:15"],
  ])("keeps backups out of the load window in %s", (_, window) => {
    expect(paths({ "dev.databases.db.backupWindow": window })).toEqual([
      "config/environments/dev.ts databases.db.backupWindow",
    ]);
  });

  it.each(["12:30-13:00", "16:30-17:00"])("lets the backup window %s touch the load window", (window) => {
    expect(paths({ "dev.databases.db.backupWindow": window })).toEqual([]);
  });

  it("keeps maintenance out of the load window on any day", () => {
    expect(faults({ "dev.databases.dw.maintenanceWindow": "wed:16:00-wed:17:00" })).toContainEqual({
      at: "config/environments/dev.ts databases.dw.maintenanceWindow",
      rule: expect.stringContaining("the load window 09:00-11:30") as string,
      nearest: '"wed:16:30-wed:17:30"',
    });
  });

  it("keeps maintenance out of the backup window, away from the load window", () => {
    expect(
      faults({
        "dev.databases.db.backupWindow": "12:00-13:00",
        "dev.databases.db.maintenanceWindow": "tue:12:40-tue:13:00",
      }),
    ).toEqual([
      expect.objectContaining({
        at: "config/environments/dev.ts databases.db.maintenanceWindow",
        rule: expect.stringMatching("30 minutes") as string,
      }),
    ]);
    expect(
      faults({
        "dev.databases.db.backupWindow": "12:00-13:00",
        "dev.databases.db.maintenanceWindow": "tue:12:30-tue:13:00",
      }),
    ).toEqual([
      {
        at: "config/environments/dev.ts databases.db.maintenanceWindow",
        rule: "must not overlap backupWindow 12:00-13:00",
        nearest: '"tue:11:30-tue:12:00"',
      },
    ]);
  });

  it("compares maintenance with a backup that runs past midnight", () => {
    expect(
      paths({
        "dev.databases.db.backupWindow": "23:30-00:30",
        "dev.databases.db.maintenanceWindow": "mon:00:00-mon:00:30",
      }),
    ).toEqual(["config/environments/dev.ts databases.db.maintenanceWindow"]);
  });

  it("keeps a database's windows apart although the load window is wrong", () => {
    expect(paths({ "dev.loadWindow.start": "9", "dev.databases.db.maintenanceWindow": "sun:06:30-sun:07:00" })).toEqual(
      expect.arrayContaining([
        "config/environments/dev.ts loadWindow.start",
        "config/environments/dev.ts databases.db.maintenanceWindow",
      ]),
    );
  });

  it("wants a load window with a length", () => {
    expect(faults({ "dev.loadWindow.end": "09:00" })).toEqual([
      { at: "config/environments/dev.ts loadWindow.end", rule: "must differ from the start", nearest: undefined },
    ]);
  });

  it.each([
    ["America/NewYork", '"America/New_York"'],
    // In Berlin the load would run while backups do.
    ["Europe/Berln", undefined],
    ["+05:00", '"UTC"'],
  ])("refuses the time zone %s", (timeZone, nearest) => {
    expect(faults({ "dev.loadWindow.timeZone": timeZone })).toEqual([
      {
        at: "config/environments/dev.ts loadWindow.timeZone",
        rule: "must be an IANA time zone",
        nearest,
      },
    ]);
  });

  it.each([
    [30, "365"],
    [364, "365"],
    [390, "400"],
    [10_000, "3653"],
  ])("keeps audit logs a year or more: %d days are not enough or not to be had", (days, nearest) => {
    expect(faults({ "dev.retention.auditDays": days })).toEqual([
      {
        at: "config/environments/dev.ts retention.auditDays",
        rule: expect.stringContaining("at least 365 days") as string,
        nearest,
      },
    ]);
  });

  it.each([
    [0, "1"],
    [31, "30"],
    [45, "30"],
    [46, "60"],
  ])("takes only what CloudWatch Logs takes for other logs, not %d days", (days, nearest) => {
    expect(faults({ "dev.retention.logDays": days })).toEqual([
      {
        at: "config/environments/dev.ts retention.logDays",
        rule: expect.stringMatching(/^must be one of 1, 3, 5/) as string,
        nearest,
      },
    ]);
  });

  it("wants the copy of the trail in another region", () => {
    expect(faults({ "prod.audit.replicaRegion": "us-east-1" })).toContainEqual({
      at: "config/environments/prod.ts audit.replicaRegion",
      rule: "must differ from us-east-1, the account's region, or the copy is lost with the original",
      nearest: undefined,
    });
  });

  it.each([
    [6, "must be at least 7"],
    [3654, "must be at most 3653"],
  ])("does not take %d days as the age of an old secret", (days, rule) => {
    expect(faults({ "dev.secrets": { maxAgeDays: days } })).toEqual([
      { at: "config/environments/dev.ts secrets.maxAgeDays", rule, nearest: undefined },
    ]);
  });

  it("wants anomalies below the budget", () => {
    expect(faults({ "dev.audit.costAnomalyUsd": 3000 })).toEqual([
      {
        at: "config/environments/dev.ts audit.costAnomalyUsd",
        rule: "must be below monthlyBudgetUsd (3000), or the budget notices first",
        nearest: "2999",
      },
    ]);
  });

  it.each(["page", "ticket"])("wants each %s address once, whatever its case", (severity) => {
    expect(faults({ [`dev.alarms.${severity}`]: ["a@opsdx.io", "b@opsdx.io", "A@opsdx.io"] })).toEqual([
      {
        at: `config/environments/dev.ts alarms.${severity}.2`,
        rule: `must differ from alarms.${severity}.0: remove the repetition`,
        nearest: undefined,
      },
    ]);
  });

  it("lets an address receive both severities", () => {
    expect(paths({ "dev.alarms.page": ["a@opsdx.io"], "dev.alarms.ticket": ["a@opsdx.io"] })).toEqual([]);
  });

  it.each(["core", "audit", "db", "dns"])("wants someone to answer for %s", (system) => {
    expect(faults({ [`dev.owners.${system}`]: "  " })).toEqual([
      { at: `config/environments/dev.ts owners.${system}`, rule: "must name who answers for it", nearest: undefined },
    ]);
  });
});

describe("rules of the shared settings", () => {
  it("wants a name per bucket", () => {
    expect(faults({ "global.buckets.kopsState": "opsdx-terraform-state" })).toEqual([
      { at: "config/global.ts buckets.kopsState", rule: "must differ from buckets.terraformState", nearest: undefined },
    ]);
  });

  it.each(["Opsdx-state", "ab", "-opsdx", "opsdx.state", "xn--state", "state-s3alias", "x".repeat(64)])(
    "refuses the bucket name %s",
    (name) => {
      expect(paths({ "global.buckets.kopsState": name })).toEqual(["config/global.ts buckets.kopsState"]);
    },
  );

  it("wants the copy of the state in another region", () => {
    expect(paths({ "global.replicaRegion": "us-east-1" })).toEqual(["config/global.ts replicaRegion"]);
    expect(paths({ "global.audit.costAnomalyUsd": 500 })).toEqual(["config/global.ts audit.costAnomalyUsd"]);
  });

  it.each([
    ["account.id", "1111-2222-3333"],
    ["domain", "opsdx.io."],
    ["repository", "opsdx-cloud"],
    ["containerRepositories.0", "TREWS"],
    ["logRetentionDays", 364],
    ["runbookUrl", "runbook"],
    ["owner", ""],
  ])("refuses %s %j", (path, value) => {
    expect(paths({ [`global.${path}`]: value })).toContain(`config/global.ts ${path}`);
  });
});

describe("rules between the files", () => {
  it("wants an environment to be called like its file", () => {
    expect(faults({ "prod.name": "live" })).toEqual([
      { at: "config/environments/prod.ts name", rule: "must be the name of its file", nearest: '"prod"' },
    ]);
  });

  it("wants the environment's zone below the apex", () => {
    const moved = {
      "prod.dns.zone": "prod.opsdx.com",
    };
    expect(faults(moved)).toEqual([
      {
        at: "config/environments/prod.ts dns.zone",
        rule: "must be the environment's name below the apex zone",
        nearest: '"prod.opsdx.io"',
      },
    ]);
  });

  it.each([
    ["444455556666", "dev"],
    ["111122223333", "global"],
  ])("wants an account per environment, not %s", (id, owner) => {
    expect(faults({ "prod.account.id": id })).toEqual([
      {
        at: "config/environments/prod.ts account.id",
        rule: `must differ from ${owner}'s: each environment has an account of its own, and so has global`,
        nearest: undefined,
      },
    ]);
  });

  it("wants networks that can be peered", () => {
    expect(faults({ "prod.network.cidr": "10.0.0.0/8" })).toContainEqual({
      at: "config/environments/prod.ts network.cidr",
      rule: "must not overlap dev's 10.0.0.0/16, or the two can never be peered",
      nearest: undefined,
    });
  });

  it("compares the files although one of them has other faults", () => {
    expect(
      paths({ "dev.network.nat": "x", "dev.dns.zone": 4, "global.owner": "", "prod.account.id": "444455556666" }),
    ).toEqual(
      expect.arrayContaining([
        "config/environments/dev.ts network.nat",
        "config/environments/dev.ts dns.zone",
        "config/environments/prod.ts account.id",
      ]),
    );
  });
});
