import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { exercisesBucket } from "../../../config/names";
import { LOAD_SECRETS } from "../../../config/service-secrets/load";
import type { LoadConfig, LocustConfig } from "../../../config/schema/load";
import { Construct } from "../../shared/cdktf";
import { ServiceSecrets } from "../../shared/helm/service-secrets";
import type { Entrance } from "../../shared/http/entrance";
import { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { describeSystem } from "../../shared/observability/system";
import { SystemHealth } from "../../shared/observability/system-health";
import type { ExercisesBucket, Platform } from "../../shared/platform";
import { loadFacts } from "./facts";
import { LoadJob } from "./job";
import { LOAD, planFile, SECRETS, TEST } from "./names";
import { LocustPage } from "./page";
import { loadPlan, profilesOf } from "./plan";

/** Properties of {@link LoadTests}. */
export interface LoadTestsProps {
  /** What they stand on. */
  readonly platform: Pick<
    Platform,
    | "account"
    | "clusters"
    | "environment"
    | "monitoring"
    | "secretArns"
    | "secretKeyArns"
    | "secretOperators"
    | "serviceSecrets"
  >;
  /** Their settings. */
  readonly config: LoadConfig;
  /** Locust's page. @default - none */
  readonly page?: { readonly config: LocustConfig; readonly entrance: Entrance };
  /** Address of the service that is tested, `https://…`. */
  readonly url: string;
  /** Names of the alarms that stop a run. */
  readonly alarms: readonly string[];
  /** Where runs leave what they saw. */
  readonly bucket: ExercisesBucket;
  /** Grafana in the cluster, in which runs are noted. @default - none */
  readonly grafana?: { readonly url: string; readonly port: number; readonly namespace: string };
}

/** Folder of the test. */
const FOLDER = path.join(__dirname, "../../../load");

/** Jobs that there may be at a time: one runs, the others have ended. */
const MAX_JOBS = 50;

/** Load tests on the web service: the test with a plan for each profile, the template of runs, and Locust's page. */
export class LoadTests extends Construct {
  /** @throws PropsError when the cluster has no such node group, or a secret is not declared */
  public constructor(scope: Construct, id: string, props: LoadTestsProps) {
    super(scope, id);
    const { alarms, bucket, config, grafana, page, platform, url } = props;
    const { environment, monitoring } = platform;
    const { kubernetes: provider, name: cluster } = platform.clusters.k8s;
    // Its name, not the reference to it: people read the page.
    const bucketName = exercisesBucket(environment, platform.account.id);
    describeSystem(
      this,
      loadFacts({ environment, cluster, config, bucket: bucketName, page: page !== undefined, url }),
    );
    const namespace = new WorkloadNamespace(this, "Namespace", {
      provider,
      name: LOAD,
      level: "restricted",
      // The entrance's port is the only one.
      quota: {
        "count/jobs.batch": `${MAX_JOBS}`,
        "services.loadbalancers": "0",
        "services.nodeports": page === undefined ? "0" : "1",
      },
    });
    const { grafana: token, key, page: login, patients } = LOAD_SECRETS;
    const references = [
      patients,
      key,
      ...(grafana === undefined ? [] : [token]),
      ...(page === undefined ? [] : [login]),
    ];
    const secrets = new ServiceSecrets(this, "Secrets", {
      platform,
      cluster: "k8s",
      namespace,
      service: LOAD,
      secrets: [
        {
          name: SECRETS.name,
          data: Object.fromEntries(references.map((reference) => [reference, { reference }])),
        },
      ],
    });
    const plans = profilesOf(config).map((name) => [planFile(name), JSON.stringify(loadPlan(config, name, url))]);
    const files = {
      ...Object.fromEntries(
        ["locustfile.py", ...(page === undefined ? [] : ["ui.py"])].map((file) => [
          file,
          readFileSync(path.join(FOLDER, file), "utf8"),
        ]),
      ),
      ...(Object.fromEntries(plans) as Record<string, string>),
    };
    const test = new ConfigMapV1(this, "Test", {
      provider,
      metadata: { name: TEST.configMap, namespace: namespace.name },
      data: files,
      dependsOn: [...namespace.ready],
    });
    const dependsOn = [test, ...secrets.ready];
    new LoadJob(this, "Job", { platform, config, bucket, alarms, namespace, grafana, dependsOn });
    if (page === undefined) return;
    const digest = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
    const { alarms: own } = new LocustPage(this, "Page", {
      platform,
      ...page,
      url,
      namespace,
      test: digest,
      dependsOn,
    });
    new SystemHealth(this, "Health", { monitoring, alarms: own });
  }
}
