import { readFileSync } from "node:fs";
import path from "node:path";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { stringify } from "yaml";
import type { ConcourseConfig } from "../../../config/schema/concourse";
import { imageOf, imageParts } from "../../../config/images";
import { Construct, type ITerraformDependable } from "../../shared/cdktf";
import { podServiceAccount, podSpec } from "../../shared/kubernetes/pod";
import { PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { suspendedTemplate } from "../../shared/kubernetes/repeatable-job";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import type { Platform } from "../../shared/platform";
import { PIPELINE, POD_LABELS, PORTS, SET_PIPELINE, WEB } from "./names";

/** The pipeline as it is set first; the same file stands in its repository. */
export const PIPELINE_FILE = path.join(__dirname, "..", "..", "..", "pipelines", `${PIPELINE.name}.yml`);

/** Values of the pipeline's variables: what is not secret. */
export function pipelineVariables(
  { branch, file, images, repository }: ConcourseConfig["pipeline"],
  environment: string,
  registry: string,
) {
  const { digest, registry: host, repository: builder, tag } = imageParts("oci-build-task");
  return {
    // GitHub's SSH on the port of HTTPS: nodes reach no other. https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port
    repository: `ssh://git@ssh.github.com:443/${repository}.git`,
    branch,
    file,
    registry,
    environment,
    builder: {
      type: "registry-image",
      source: { repository: `${host}/${builder}`, tag },
      // https://concourse-ci.org/docs/tasks/#image_resource
      ...(digest !== undefined && { version: { digest } }),
    },
    contexts: Object.fromEntries(Object.entries(images).map(([image, { context }]) => [image, context])),
  };
}

/**
 * What the Job runs: `fly` of the very version of the servers, which their image brings. The password comes from the Secret that the servers
 * take it from, `user:password`, so that no person needs it, and it works while the identity provider is away.
 */
const SCRIPT = `
tar -xzf /usr/local/concourse/fly-assets/fly-linux-amd64.tgz -C /tmp
fly() { /tmp/fly --target main "$@"; }
fly login --concourse-url "$CONCOURSE_URL" --team-name ${PIPELINE.team} --username "$\${LOCAL_USERS%%:*}" --password "$\${LOCAL_USERS#*:}"
fly set-pipeline --non-interactive --pipeline ${PIPELINE.name} --config /pipeline/pipeline.yml --load-vars-from /pipeline/variables.yml
fly unpause-pipeline --pipeline ${PIPELINE.name}
`.trim();

/** Properties of {@link ConcoursePipeline}. */
export interface ConcoursePipelineProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "clusters" | "environment">;
  /** Settings. */
  readonly config: ConcourseConfig["pipeline"];
  /** Account and region of the registry. */
  readonly registry: { readonly id: string; readonly region: string };
  /** Namespace of the servers. */
  readonly namespace: Pick<WorkloadNamespace, "name" | "ready">;
  /** The servers. */
  readonly servers: readonly ITerraformDependable[];
}

/**
 * The first setting of the pipeline, which sets itself from then on: a suspended CronJob as the template of a Job that signs in as the
 * local user and calls `fly`. `opsdx concourse pipeline set` makes the Job; however often, the pipeline is the same afterwards.
 */
export class ConcoursePipeline extends Construct {
  public constructor(scope: Construct, id: string, props: ConcoursePipelineProps) {
    super(scope, id);
    const { config, namespace, platform, registry, servers } = props;
    const { account, environment } = platform;
    const { kubernetes: provider } = platform.clusters.k8s;
    const labels = { app: SET_PIPELINE };
    const metadata = { name: SET_PIPELINE, namespace: namespace.name, labels };
    const address = `${registry.id}.dkr.ecr.${registry.region}.amazonaws.com`;
    const files = new ConfigMapV1(this, "Files", {
      provider,
      metadata,
      // As bytes: Terraform would read every `${` of a text.
      binaryData: Object.fromEntries(
        Object.entries({
          "pipeline.yml": readFileSync(PIPELINE_FILE, "utf8"),
          "variables.yml": stringify(pipelineVariables(config, environment, address)),
        }).map(([file, text]) => [file, Buffer.from(text).toString("base64")]),
      ),
      dependsOn: [...namespace.ready],
    });
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: SET_PIPELINE,
      podLabels: labels,
      out: [{ peer: { namespace: namespace.name, podLabels: POD_LABELS.web }, ports: [PORTS.web] }],
    });
    const serviceAccountName = podServiceAccount(this, "ServiceAccount", {
      provider,
      metadata,
      dependsOn: [...namespace.ready],
    });
    const pod = podSpec({
      name: SET_PIPELINE,
      image: imageOf("concourse"),
      command: ["sh", "-eu", "-c", SCRIPT],
      files: { "/pipeline": files.metadata.name },
      serviceAccountName,
      priority: "tools",
      size: { cpu: "50m", memory: "128Mi" },
      variables: {
        region: account.region,
        // Where fly keeps its token.
        own: { CONCOURSE_URL: `http://${WEB}:${PORTS.web}`, HOME: "/tmp" },
      },
      graceSeconds: 10,
      restartPolicy: "Never",
    });
    new CronJobV1(this, "Resource", {
      provider,
      metadata,
      spec: suspendedTemplate({
        metadata: { labels },
        spec: {
          activeDeadlineSeconds: 180,
          backoffLimit: 2,
          ttlSecondsAfterFinished: "86400",
          template: {
            metadata: { labels },
            spec: { ...pod, container: pod.container.map(withLocalUsers) },
          },
        },
      }),
      dependsOn: [...servers, ways.resource, files],
    });
    acknowledgeUnlockedImage(this, "concourse");
  }
}

function withLocalUsers<C extends { readonly env: readonly object[] }>(container: C) {
  const source = { secretKeyRef: { name: WEB, key: "local-users" } };
  return { ...container, env: [...container.env, { name: "LOCAL_USERS", valueFrom: source }] };
}
