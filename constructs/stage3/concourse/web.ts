import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import type { ConcourseConfig } from "../../../config/schema/concourse";
import { serviceRole } from "../../../config/names";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import type { AcceptedRendering } from "../../shared/helm/accepted-rendering";
import { HelmRelease } from "../../shared/helm/helm-release";
import { ServiceSecrets, type KubernetesSecret } from "../../shared/helm/service-secrets";
import type { EntranceHost } from "../../shared/http/entrance";
import { secretStatements } from "../../shared/iam/secret-access";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { MONITORING_NAMESPACE } from "../../shared/kubernetes/cluster-foundation";
import { podServiceAccount } from "../../shared/kubernetes/pod";
import { fromNodes, HTTPS, PodNetworkPolicy, postgresIn } from "../../shared/kubernetes/pod-network-policy";
import { ServiceDatabase } from "../../shared/database/service-database";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { rdsCertificates } from "../../shared/database/rds-certificates";
import type { Platform } from "../../shared/platform";
import { CONCOURSE, PIPELINE, pipelineSecrets, POD_LABELS, PORTS, WEB, WORKERS_NAMESPACE } from "./names";
import { CONCOURSE_CHART, webValues } from "./values";

/** Properties of {@link ConcourseWeb}. */
export interface ConcourseWebProps {
  /** What it stands on. */
  readonly platform: Pick<
    Platform,
    | "account"
    | "clusters"
    | "databases"
    | "environment"
    | "network"
    | "programs"
    | "secretArns"
    | "secretKeyArns"
    | "secretOperators"
    | "serviceSecrets"
  >;
  /** Settings. */
  readonly config: ConcourseConfig;
  /** Its namespace. */
  readonly namespace: Pick<WorkloadNamespace, "name" | "ready">;
  /** Its host at the entrance. */
  readonly host: Pick<EntranceHost, "nodePort" | "url">;
}

/** Connections that Concourse opens: each server as many as its values allow, and one server more while they are replaced. */
const CONNECTIONS = 150;

/**
 * The servers of Concourse: two pods that people, `fly` and workers talk to. What they know stands in the database `services`, encrypted
 * with a key of their own; what pipelines keep secret they read from AWS Secrets Manager, when a build asks for it.
 */
export class ConcourseWeb extends Construct {
  /** What must be there before anybody talks to it. */
  public readonly ready: readonly ITerraformDependable[];

  public constructor(scope: Construct, id: string, props: ConcourseWebProps) {
    super(scope, id);
    const { config, host, namespace, platform } = props;
    const { account, environment, network } = platform;
    const { foundation, helm, kubernetes: provider } = platform.clusters.k8s;
    const database = new ServiceDatabase(this, "Database", {
      platform,
      service: CONCOURSE,
      namespace,
      connectionLimit: CONNECTIONS,
      // An upgrade changes tables as this very role.
      statementTimeoutSeconds: 1800,
    });
    const secrets = new ServiceSecrets(this, "Secrets", {
      platform,
      cluster: "k8s",
      namespace,
      service: CONCOURSE,
      secrets: [webSecret(config, account.region)],
    });
    const role = new ServiceAccountRole(this, "Role", {
      name: serviceRole(environment, CONCOURSE),
      description: "Servers of Concourse",
      policyDescription: "What Concourse's pipelines keep secret",
      cluster: platform.clusters.k8s,
      serviceAccount: { namespace: namespace.name, name: WEB },
      statements: secretStatements({
        account,
        names: [`${pipelineSecrets(environment)}*`],
        keyArn: platform.secretKeyArns[CONCOURSE],
      }),
    });
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata: { name: WEB, namespace: namespace.name, labels: POD_LABELS.web },
      roleArn: role.arn,
      dependsOn: [...namespace.ready],
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: WEB,
      podLabels: POD_LABELS.web,
      in: [
        fromNodes(PORTS.web),
        { peer: { namespace: WORKERS_NAMESPACE, podLabels: POD_LABELS.worker }, ports: [PORTS.workers] },
        { peer: { namespace: MONITORING_NAMESPACE }, ports: [PORTS.metrics] },
        BETWEEN_SERVERS,
      ],
      out: [HTTPS, postgresIn(network.vpcCidr), BETWEEN_SERVERS],
    });
    new PodNetworkPolicy(this, "Scraped", {
      provider,
      namespace: foundation.monitoring,
      name: `prometheus-to-${CONCOURSE}`,
      podLabels: { "app.kubernetes.io/name": "prometheus" },
      out: [{ peer: { namespace: namespace.name, podLabels: POD_LABELS.web }, ports: [PORTS.metrics] }],
    });
    new PodDisruptionBudgetV1(this, "Budget", {
      provider,
      metadata: { name: WEB, namespace: namespace.name },
      spec: { maxUnavailable: "1", selector: { matchLabels: { ...POD_LABELS.web } } },
      dependsOn: [...namespace.ready],
    });
    const release = new HelmRelease(this, "Resource", {
      provider: helm,
      releaseName: CONCOURSE,
      namespace: namespace.name,
      chart: CONCOURSE_CHART,
      values: webValues({
        environment,
        region: account.region,
        config,
        url: host.url,
        nodePort: host.nodePort,
        database,
        serviceAccountName,
      }),
      accepted: ACCEPTED,
      dependsOn: [...namespace.ready, ...database.ready, ...secrets.ready, ways.resource, role.permission],
    });
    this.ready = [release.resource];
  }
}

const AS_ROOT =
  "The chart mounts the keys so that only root reads them, and has no setting for a group that they could belong to. It is root without capabilities, on a read-only root file system, and can gain no rights.";

const ACCEPTED: readonly AcceptedRendering[] = [
  { rule: "RenderedNonRoot", on: `Deployment/${WEB}/${WEB}`, reason: AS_ROOT },
  { rule: "RenderedNonRoot", on: `Deployment/${WEB}/concourse-migration`, reason: AS_ROOT },
  {
    rule: "ChartReadsValue",
    on: "secrets.postgresCaCert",
    reason:
      "The chart looks whether a text stands there, not which one: without one the servers would not verify the database.",
  },
];

/** A worker's tunnel ends at one server, on a port of its own there; the others reach the worker through it. */
const BETWEEN_SERVERS = {
  peer: { namespace: CONCOURSE, podLabels: POD_LABELS.web },
  ports: [[1024, 65_535]],
} as const;

/** The Secret that the chart reads, key by key. */
function webSecret({ signIn }: ConcourseConfig, region: string): KubernetesSecret {
  return {
    name: WEB,
    data: {
      admin: { reference: "admin-password" },
      database: { reference: "database-password" },
      encryption: { reference: "encryption-key" },
      host: { reference: "host-key", property: "private" },
      session: { reference: "session-signing-key", property: "private" },
      worker: { reference: "worker-key", property: "public" },
      ...(signIn !== undefined && { client: { reference: "oidc-client-secret" } }),
    },
    template: {
      "encryption-key": "{{ .encryption }}",
      "host-key": "{{ .host }}",
      "local-users": `${PIPELINE.user}:{{ .admin }}`,
      "postgresql-ca-cert": rdsCertificates(region),
      // The chart mounts them with the authority: there is no way to have that alone.
      "postgresql-client-cert": "",
      "postgresql-client-key": "",
      "postgresql-password": "{{ .database }}",
      "postgresql-user": CONCOURSE,
      "session-signing-key": "{{ .session }}",
      "worker-key-pub": "{{ .worker }}",
      ...(signIn !== undefined && { "oidc-client-id": signIn.clientId, "oidc-client-secret": "{{ .client }}" }),
    },
  };
}
