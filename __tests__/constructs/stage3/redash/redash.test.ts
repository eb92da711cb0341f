import { loadConfig } from "../../../../config/load";
import { redashSecrets } from "../../../../config/service-secrets/redash";
import type { EnvironmentConfig } from "../../../../config/schema/environment";
import type { RedashConfig } from "../../../../config/schema/redash";
import { requestsOf } from "../../../../config/standing-pods";
import { systemFacts } from "../../../../constructs/shared/observability/system";
import type { Block } from "../../../../constructs/shared/policy/model";
import { Entrance } from "../../../../constructs/stage3/entrance/entrance";
import { Redash } from "../../../../constructs/stage3/redash/redash";
import { redashValues } from "../../../../constructs/stage3/redash/values";
import { stepText, synth, TEST_ACCOUNT, type Synthesized } from "../../../support";
import { platformIn, releaseOn } from "../platform";

const [dev, prod] = loadConfig().environments.map(({ redash }) => redash);
if (dev === undefined || prod === undefined) throw new Error("both environments must have Redash");

let made: Redash | undefined;
function synthesized(config: RedashConfig): Synthesized {
  return synth((scope) => {
    const platform = platformIn(scope);
    const serviceSecrets = redashSecrets({ name: "test", redash: config } as unknown as EnvironmentConfig);
    const entrance = new Entrance(scope, "Entrance", { platform, hosts: { redash: "redash.test.opsdx.io" } });
    made = new Redash(scope, "Redash", {
      platform: Object.defineProperties({} as typeof platform, {
        ...Object.getOwnPropertyDescriptors(platform),
        serviceSecrets: { value: serviceSecrets },
        secretOperators: { value: { k8s: [] } },
      }),
      config,
      entrance,
    });
  });
}

const WAREHOUSE: RedashConfig["dataSources"] = {
  "the-warehouse": { database: "dw", views: ["cdm.counts"], groups: ["analysts"] },
};
const plain = synthesized(dev);
const facts = made === undefined ? undefined : systemFacts(made);
const full = synthesized({
  ...prod,
  dataSources: WAREHOUSE,
  saml: { metadataUrl: "https://idp.test/metadata", entityId: "redash" },
  mail: { server: "smtp.test", port: 587, sender: "redash@opsdx.io", user: "redash" },
});

const open = (stack: Synthesized) => stack.findings().filter(({ acknowledged }) => acknowledged === undefined);
const secretsRelease = (stack: Synthesized) =>
  releaseOn(stack, "k8s", "redash-secrets").values as { secrets: Record<string, unknown> };
const values = (stack: Synthesized) => releaseOn(stack, "k8s", "redash").values as Record<string, Block>;
const job = (stack: Synthesized) =>
  stack.ofType("kubernetes_job_v1").find(({ body }) => JSON.stringify(body["metadata"]).includes("redash-setup-"));
const policyOf = (stack: Synthesized, name: string) =>
  stack
    .ofType("kubernetes_network_policy_v1")
    .find(({ body }) => JSON.stringify(body["metadata"]).includes(`"name":"${name}","namespace":"redash"`))?.body[
    "spec"
  ];

describe("the cache", () => {
  it("is encrypted, speaks TLS only, and knows its users", () => {
    expect(plain.one("aws_elasticache_replication_group").body).toMatchObject({
      replication_group_id: "opsdx-test-redash",
      transit_encryption_mode: "required",
      at_rest_encryption_enabled: "true",
      kms_key_id: "${aws_kms_key.Redash_Cache_Key_F9877B1F.arn}",
      user_group_ids: ["${aws_elasticache_user_group.Redash_Cache_Users_49EBDE83.user_group_id}"],
      security_group_ids: ["sg-cache"],
      num_cache_clusters: 1,
    });
  });

  it("has a copy in another zone where the configuration says so", () => {
    expect(full.one("aws_elasticache_replication_group").body).toMatchObject({
      num_cache_clusters: 2,
      multi_az_enabled: true,
      automatic_failover_enabled: true,
    });
  });

  it("makes a user whom nobody can be until the Job gives it a password, and looks at that no more", () => {
    expect(plain.one("aws_elasticache_user", { user_name: "opsdx-test-redash" }).body).toMatchObject({
      user_id: "opsdx-test-redash",
      authentication_mode: { type: "iam" },
      lifecycle: { ignore_changes: ["authentication_mode"] },
    });
    expect(plain.one("aws_elasticache_user", { user_name: "default" }).body["access_string"]).toMatch(/^off .*-@all/);
  });

  it("throws no queued work away when it is full", () => {
    expect(plain.one("aws_elasticache_parameter_group").body["parameter"]).toContainEqual({
      name: "maxmemory-policy",
      value: "noeviction",
    });
  });

  it("is watched at the worst of its nodes", () => {
    const alarm = full.one("aws_cloudwatch_metric_alarm", { alarm_name: "opsdx-test-redash-cache-memory-high" });
    expect(JSON.stringify(alarm.body["metric_query"])).toMatch(/opsdx-test-redash-001.*opsdx-test-redash-002.*MAX/);
  });
});

describe("the secrets", () => {
  it("are the five keys that the chart refers to, used or not", () => {
    expect(secretsRelease(plain).secrets["redash-app"]).toMatchObject({
      template: {
        secretKey: "{{ .key }}",
        cookieSecret: "{{ .cookie }}",
        googleClientSecret: "",
        ldapBindDnPassword: "",
        mailPassword: "",
      },
    });
    expect(secretsRelease(full).secrets["redash-app"]).toMatchObject({ template: { mailPassword: "{{ .mail }}" } });
  });

  it("hold addresses that verify whom they reach", () => {
    const { template } = secretsRelease(plain).secrets["redash-urls"] as { template: Record<string, string> };
    expect(template["database"]).toMatch(
      /^postgresql:\/\/redash:\{\{ \.database \}\}@services\.example:5432\/redash\?sslmode=verify-full&sslrootcert=\/ca\/ca\.pem$/,
    );
    expect(template["cache"]).toMatch(/^rediss:\/\/opsdx-test-redash:\{\{ \.cache \}\}@.*\?ssl_check_hostname=True$/);
  });

  it("keep the key that data sources are encrypted with", () => {
    const declared = redashSecrets({ name: "test", redash: dev } as unknown as EnvironmentConfig);
    expect(declared.filter(({ keep }) => keep !== undefined).map(({ reference }) => reference)).toEqual(["secret-key"]);
  });
});

describe("the Job", () => {
  it("runs Redash's own image before the release, once for each image, program and declaration", () => {
    const found = job(plain);
    expect(found?.body).toMatchObject({ wait_for_completion: true });
    expect(releaseOn(plain, "k8s", "redash").body["depends_on"]).toContain(found?.address);
    expect(JSON.stringify(found?.body)).toContain('"image":"docker.io/redash/redash:25.8.0');
    const name = (stack: Synthesized) => JSON.stringify(job(stack)?.body["metadata"]);
    expect(name(synthesized({ ...dev, dataSources: WAREHOUSE }))).not.toBe(name(plain));
  });

  it("runs again when the cache's user is made anew, which has no password then", () => {
    // A plan that makes the user does not know its ARN, and so makes a Job of another name.
    const { address } = plain.one("aws_elasticache_user", { user_id: "opsdx-test-redash" });
    const { name } = job(plain)?.body["metadata"] as { readonly name: string };
    expect(name).toMatch(/^redash-setup-[0-9a-f]{8}-/);
    expect(name).toContain(`\${substr(sha1(${address}.arn), 0, 8)}`);
  });

  it("waits for the database, the cache and the Secrets", () => {
    const needs = JSON.stringify(job(plain)?.body["depends_on"]);
    for (const each of [
      "Redash_Database",
      "aws_elasticache_replication_group",
      "aws_elasticache_user_group",
      "Redash_Secrets",
    ]) {
      expect(needs).toContain(each);
    }
  });

  it("may give the cache's user a password and take snapshots of one instance, and nothing else", () => {
    const policy = full.one("aws_iam_policy", { name: "opsdx-test-redash-setup" }).body["policy"] as string;
    const { Statement } = JSON.parse(policy) as { Statement: { Action: string[]; Resource: string[] }[] };
    expect(Statement.flatMap(({ Action }) => Action)).toEqual([
      "elasticache:ModifyUser",
      "rds:CreateDBSnapshot",
      "rds:DescribeDBSnapshots",
    ]);
    expect(Statement[1]?.Resource).toEqual([
      `arn:aws:rds:us-east-1:${TEST_ACCOUNT.id}:db:opsdx-services`,
      `arn:aws:rds:us-east-1:${TEST_ACCOUNT.id}:snapshot:opsdx-services-before-redash-*`,
    ]);
  });

  it("reads its program as it stands, and settings without a secret", () => {
    const files = full
      .ofType("kubernetes_config_map_v1")
      .map(({ body }) => body["data"] as Record<string, string> | undefined)
      .find((data) => data !== undefined && "setup.py" in data);
    // Terraform would read these.
    expect(files?.["setup.py"]).not.toMatch(/[$%]\{/);
    expect(JSON.parse(files?.["setup.json"] ?? "")).toEqual({
      cache: { userId: "opsdx-test-redash", region: "us-east-1" },
      database: { instance: "opsdx-services", region: "us-east-1" },
      administrator: { organization: "OpsDX test", name: "Platform team", email: "platform@opsdx.io" },
      dataSources: [
        {
          name: "the-warehouse",
          host: "dw.example",
          port: "5432",
          database: "warehouse",
          user: "redash_the_warehouse_reader",
          certificates: "/ca/ca.pem",
          views: ["cdm.counts"],
          groups: ["analysts"],
        },
      ],
    });
    expect(secretsRelease(full).secrets["redash-setup"]).toMatchObject({
      data: { THE_WAREHOUSE_PASSWORD: { from: "opsdx/test/redash/the-warehouse-password" } },
    });
    const reader = full
      .ofType("kubernetes_job_v1")
      .find(({ path }) => path === "test/Redash/ReaderTheWarehouse/Resource");
    expect(JSON.stringify(reader?.body)).toContain('{"name":"READER_ROLE","value":"redash_the_warehouse_reader"}');
    expect(job(full)?.body["depends_on"]).toContain(reader?.address);
  });
});

describe("the release", () => {
  it("shows nothing to who did not sign in, over TLS only", () => {
    expect(values(plain)["redash"]).toMatchObject({
      host: "https://redash.test.opsdx.io",
      enforceHttps: "true",
      disablePublicUrls: "true",
      authType: "hmac",
      passwordLoginEnabled: "true",
      queryResultsCleanupMaxAge: `${dev.resultDays}`,
      enabledQueryRunners: "redash.query_runner.pg",
      versionCheck: "false",
    });
  });

  it("signs in through the identity provider where there is one, and sends mail by TLS", () => {
    expect(values(full)["redash"]).toMatchObject({
      passwordLoginEnabled: "false",
      samlMetadataUrl: "https://idp.test/metadata",
      mailServer: "smtp.test",
      mailUseTls: "true",
    });
  });

  it("opens what the configuration opens", () => {
    const opened = redashValues({
      config: { ...dev, publicLinks: true, apiKeys: true },
      url: "https://r",
      caConfigMap: "ca",
      serviceAccountName: "redash",
    });
    expect(opened["redash"]).toMatchObject({ disablePublicUrls: "false", authType: "api_key" });
  });

  it("asks for what the reckoning of room knows", () => {
    const standing = requestsOf({ clusters: {}, redash: prod }, "redash");
    const { scheduler, server, workers } = values(full) as unknown as Record<string, Record<string, never>> & {
      workers: Record<string, { replicaCount: number; resources: { requests: object } }>;
      server: { replicaCount: number; resources: { requests: object } };
      scheduler: { resources: { requests: object } };
    };
    const asked = [
      ["redash", server.replicaCount, server.resources.requests],
      ...Object.entries(workers).map(([kind, one]) => [
        `redash-${kind}worker`,
        one.replicaCount,
        one.resources.requests,
      ]),
      ["redash-scheduler", 1, scheduler.resources.requests],
    ];
    expect(standing.map(({ name, pod, replicas }) => [name, replicas, pod])).toEqual(asked);
  });

  it("lets the entrance in at one port, and pods out to databases and queues", () => {
    expect(plain.one("kubernetes_service_v1").body["spec"]).toMatchObject({
      type: "NodePort",
      port: [{ node_port: 30500, target_port: "5000" }],
    });
    const ports = (name: string, way: "egress" | "ingress", stack = plain) =>
      ((policyOf(stack, name) as Record<string, { ports: { port: string }[] }[]> | undefined)?.[way] ?? []).flatMap(
        (rule) => rule.ports.map(({ port }) => port),
      );
    const all = (stack: Synthesized) =>
      Object.fromEntries(
        ["redash", "redash-server", "redash-mail", "redash-setup"].map((name) => [
          name,
          [ports(name, "ingress", stack), ports(name, "egress", stack)],
        ]),
      );
    expect(all(plain)).toEqual({
      redash: [[], ["5432", "6379"]],
      "redash-server": [["5000"], []],
      "redash-mail": [[], []],
      "redash-setup": [[], ["443", "5432", "6379"]],
    });
    expect(all(full)).toMatchObject({ "redash-server": [["5000"], ["443"]], "redash-mail": [[], ["587"]] });
  });

  it("loses one pod of a kind at a time, where there are more", () => {
    const budgets = (stack: Synthesized) => stack.ofType("kubernetes_pod_disruption_budget_v1").length;
    expect([budgets(plain), budgets(full)]).toEqual([1, 4]);
  });

  it("leaves no policy finding open", () => {
    expect([...open(plain), ...open(full)]).toEqual([]);
  });
});

describe("its page of the runbook", () => {
  it("says how the wiki's lines are done without losing what nobody meant to lose", () => {
    const steps = facts?.procedures?.flatMap(({ steps }) => steps.map(stepText)).join("\n");
    expect(steps).toContain("npx opsdx services database test redash reset");
    expect(steps).toContain("create job redash-setup-again --from=cronjob/redash-setup");
  });

  it("takes the schema back by a Job that has the newer image: the pods are those of before by then", () => {
    const [back] = facts?.procedures?.filter(({ title }) => title === "Go back") ?? [];
    const steps = back?.steps.map(stepText).join("\n") ?? "";
    const job = "create job redash-setup-back --from=cronjob/redash-setup --dry-run=client -o yaml | ";
    expect(steps).toContain(job);
    expect(steps).toContain('"value":["python","manage.py","db","downgrade","<version>"]');
    expect(steps).not.toContain("exec deployment");
    // Before the commit is reverted, which gives the template the older image.
    expect(steps.indexOf(job)).toBeLessThan(steps.indexOf("cdktf deploy"));
    // Helm does not put back what it did not change.
    expect(steps).toContain("Go on, under Stop on this page");
  });

  it("starts as many pods of each kind as the configuration says", () => {
    const goOn = facts?.stop.map(stepText).at(-1) ?? "";
    const { server, workers } = dev;
    for (const [name, { replicas }] of Object.entries({
      redash: server,
      "redash-scheduler": { replicas: 1 },
      "redash-adhocworker": workers.adhoc,
      "redash-scheduledworker": workers.scheduled,
      "redash-genericworker": workers.generic,
    })) {
      expect(goOn).toContain(`scale deployment/${name} --replicas=${replicas}`);
    }
  });

  it("reads its log from the streams that its containers write", () => {
    expect(facts?.logs.map(stepText).join("\n")).toContain("awslogs get opsdx-test-k8s-logs 'kubernetes/redash/*'");
  });
});
