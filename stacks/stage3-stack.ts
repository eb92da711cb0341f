import { planSubnets } from "../config/cidr-plan";
import { entranceHosts } from "../config/entrance";
import { servedModels } from "../config/models";
import { boundaryArn, exercisesOf, serviceNamespace, webAlarms } from "../config/names";
import { principalsOf } from "../config/people";
import type { EnvironmentConfig } from "../config/schema/environment";
import type { GlobalConfig } from "../config/schema/global";
import { partOf } from "../constructs/shared/observability/system";
import type { Construct } from "../constructs/shared/cdktf";
import type { Platform } from "../constructs/shared/platform";
import { Concourse } from "../constructs/stage3/concourse/concourse";
import { Drills } from "../constructs/stage3/drills/drills";
import { Entrance } from "../constructs/stage3/entrance/entrance";
import { EtlSystem, type EtlExports, type FunctionCode } from "../constructs/stage3/etl/etl-system";
import { OperatorRole } from "../constructs/stage3/etl/operator-role";
import { Exercises } from "../constructs/stage3/exercises/exercises";
import { ExternalSecrets } from "../constructs/stage3/external-secrets/external-secrets";
import { LogShipping } from "../constructs/stage3/fluent-bit/log-shipping";
import { Grafana } from "../constructs/stage3/grafana/grafana";
import { GRAFANA, PORT as GRAFANA_PORT } from "../constructs/stage3/grafana/values";
import { Headlamp } from "../constructs/stage3/headlamp/headlamp";
import { LoadTests } from "../constructs/stage3/load/load";
import { Monitors } from "../constructs/stage3/monitors/monitors";
import { NfsDriver } from "../constructs/stage3/nfs/driver";
import { Prometheus } from "../constructs/stage3/prometheus/prometheus";
import { Redash } from "../constructs/stage3/redash/redash";
import { Tensorflow } from "../constructs/stage3/tensorflow/tensorflow";
import { WebService, type WebExports } from "../constructs/stage3/web/web-service";
import { BaseStack } from "./base-stack";
import type { Deployment } from "./deployment";
import { declareOutputs, importOutputs, publishExports } from "./exports";
import type { GlobalStack } from "./global-stack";
import { makePlatform } from "./platform";
import type { Stage1Stack } from "./stage1-stack";
import type { Stage2Stack } from "./stage2-stack";

/** What stage3 hands to other programs, by system. */
export type Stage3Exports = Readonly<{ web: WebExports; etl: EtlExports }>;

/** Properties of {@link Stage3Stack}. */
export interface Stage3StackProps {
  /** The environment's settings. */
  readonly config: EnvironmentConfig;
  /** What the environments share. */
  readonly globalConfig: GlobalConfig;
  /** Where state lives and which endpoints Terraform talks to. */
  readonly deployment: Deployment;
  /** The stack of what the environments share, whose outputs it reads. */
  readonly global: GlobalStack;
  /** The environment's stage1, whose outputs it reads. */
  readonly stage1: Stage1Stack;
  /** The environment's stage2, whose outputs it reads. */
  readonly stage2: Stage2Stack;
  /** Code of the functions: of the ETLs, and of the behavior monitors. */
  readonly functions: {
    readonly launcher: FunctionCode;
    readonly freshness: FunctionCode;
    readonly monitors: FunctionCode;
  };
  /** Programs that run as Jobs on its clusters. */
  readonly programs: Platform["programs"];
}

/** What runs on an environment's clusters, and its AWS side. */
export class Stage3Stack extends BaseStack {
  /** What other programs use. */
  public readonly exports: Stage3Exports;

  public constructor(scope: Construct, id: string, props: Stage3StackProps) {
    const { config } = props;
    const { account, name: owner } = config;
    super(scope, id, {
      owner,
      account,
      deployment: props.deployment,
      rolesBoundary: boundaryArn(account.id),
      deletionProtection: config.deletionProtection,
    });
    const global = importOutputs(this, props.global, props.global.exports);
    const stage1 = importOutputs(this, props.stage1, props.stage1.exports);
    const stage2 = importOutputs(this, props.stage2, props.stage2.exports);
    const ground = makePlatform(this, { ...props, global, stage1, stage2 });
    const operators = new ExternalSecrets(this, "ExternalSecrets", { platform: ground });
    const files =
      ground.nfs &&
      new NfsDriver(this, "NfsDriver", {
        platform: ground,
        nfs: ground.nfs,
        exceptGroups: config.concourse && { k8s: [config.concourse.workers.nodeGroup] },
      });
    const platform: Platform = { ...ground, secretOperators: operators.ready, nfsDrivers: files?.ready ?? {} };
    new LogShipping(this, "LogShipping", { platform });
    new Headlamp(this, "Headlamp", { platform });
    // What has a host at it takes `entrance`; without any it makes nothing.
    const hosts = entranceHosts(config);
    const entrance = new Entrance(this, "Entrance", { platform, hosts });
    if (config.concourse !== undefined) {
      new Concourse(this, "Concourse", {
        platform,
        entrance,
        host: hosts.concourse ?? "",
        config: config.concourse,
        registry: props.globalConfig.account,
        kopsState: props.globalConfig.buckets.kopsState,
        // Databases, and the API; caches and volumes listen on ports that no build may call.
        closedTo: planSubnets(config.network).flatMap(({ cidr, role }) =>
          ["db", "master"].includes(role) ? [cidr] : [],
        ),
      });
    }
    if (config.redash !== undefined) new Redash(this, "Redash", { platform, config: config.redash, entrance });
    const web = new WebService(this, "Web", {
      platform,
      config: config.web,
      // Runs of load tests come from the same few addresses.
      loadTested: config.load,
    });
    const etl = new EtlSystem(this, "Etl", { platform, config: config.etls, code: props.functions });
    const etlOperators = new OperatorRole(this, "EtlOperators", {
      environment: owner,
      account,
      etls: config.etls,
      principals: principalsOf(props.globalConfig, "etlOperators", account.id),
    });
    partOf(etlOperators, "etl");
    const exercise = exercisesOf(config);
    if (exercise !== undefined) {
      const exercises = new Exercises(this, "Exercises", { platform });
      partOf(exercises, exercise);
      if (config.load !== undefined) {
        new LoadTests(this, "Load", {
          platform,
          config: config.load,
          page: config.locust && { config: config.locust, entrance },
          url: web.exports.url,
          alarms: webAlarms(config),
          bucket: exercises,
          grafana: config.grafana && {
            url: `http://${GRAFANA}.${serviceNamespace(GRAFANA)}.svc`,
            port: GRAFANA_PORT,
            namespace: serviceNamespace(GRAFANA),
          },
        });
      }
    }
    if (config.drills !== undefined) {
      new Drills(this, "Drills", {
        platform,
        config: config.drills,
        environment: config,
        stateBucket: props.globalConfig.buckets.terraformState,
        namespaceReady: (namespace) => etl.namespaceReady("k8s", namespace),
      });
    }
    if (config.tensorflow !== undefined) {
      new Tensorflow(this, "Tensorflow", {
        platform,
        config: config.tensorflow,
        served: servedModels(owner, Object.keys(config.tensorflow.serving.models)),
      });
    }
    if (config.monitors !== undefined) {
      new Monitors(this, "Monitors", { platform, config: config.monitors, code: props.functions.monitors });
    }
    if (config.prometheus !== undefined) {
      new Prometheus(this, "Prometheus", {
        platform,
        config: config.prometheus,
        clusters: config.clusters,
        hosts: [
          { name: "web", url: web.exports.url },
          ...Object.entries(hosts).map(([name, host]) => ({ name, url: `https://${host}/` })),
        ],
        dashboards: config.grafana !== undefined,
      });
    }
    // After all others, whose dashboards it shows.
    if (config.grafana !== undefined) {
      new Grafana(this, "Grafana", {
        platform,
        config: config.grafana,
        environment: config,
        entrance,
        stacks: [props.stage1, props.stage2, this],
      });
    }
    this.exports = { web: web.exports, etl: etl.exports };
    declareOutputs(this, this.exports);
    publishExports(this, config.name, "stage3", this.exports);
  }
}
