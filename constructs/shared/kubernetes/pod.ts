import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { ServiceAccountV1, type ServiceAccountV1Metadata } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { NODE_GROUP_LABEL } from "../../../config/schema/cluster";
import type { Construct, ITerraformDependable } from "../cdktf";
import { PRIORITY_CLASSES } from "./cluster-foundation";
import { containerEnv, literalVariables, secretVariables } from "./container-env";
import { RESTRICTED_CONTAINER, RESTRICTED_POD, SCRATCH } from "./pod-security";

/** Annotation of a service account that gives its pods a role. */
export const ROLE_ANNOTATION = "eks.amazonaws.com/role-arn";

/** What pods ask for that need GPUs: the device plugin counts them. */
export const GPU = "nvidia.com/gpu";

/**
 * How pods come to nodes with GPUs, and to their GPUs: kops gives the nodes this label and this taint, and installs the runtime under this name.
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/upup/pkg/fi/cloudup/populate_instancegroup_spec.go
 * @see https://github.com/kubernetes/kops/blob/v1.36.2/upup/models/cloudup/resources/addons/nvidia.addons.k8s.io/k8s-1.16.yaml.template
 */
export const GPU_NODES = {
  nodeSelector: { "kops.k8s.io/gpu": "1" },
  toleration: { key: GPU, operator: "Exists", effect: "NoSchedule" },
  runtimeClassName: "nvidia",
} as const;

/** What a container is told, sorted by name; of two variables of a name the later kind counts. */
export interface PodVariables {
  /** Region of the environment. */
  readonly region: string;
  /** What every program of the environment is told: where the databases are. @default - nothing */
  readonly shared?: Readonly<Record<string, string>>;
  /** Variables of the configuration, read as they stand. @default - none */
  readonly env?: Readonly<Record<string, string>>;
  /** The secrets that it reads. @default - none */
  readonly secrets?: {
    /** Start of their names. */
    readonly path: string;
    /** Last part of each one's name, by the variable that is told the name. */
    readonly references: Readonly<Record<string, string>>;
  };
  /** What the system itself tells its program. */
  readonly own: Readonly<Record<string, string>>;
}

/** How a pod serves requests. */
export interface PodServing {
  /** Port that it listens on. */
  readonly port: number;
  /** Path that answers 200 when it can work. */
  readonly healthPath: string;
  /** Protocol of the port. */
  readonly protocol: "HTTP" | "HTTPS";
  /** Seconds in which a pod that goes still answers. */
  readonly preStopSeconds: number;
  /** Seconds that a pod has until it can work, before it is started again. @default 150 */
  readonly startSeconds?: number;
}

/** A claim on a volume, as a container finds it. */
export interface MountedClaim {
  /** Name of the claim. */
  readonly name: string;
  /** Folder in the container. */
  readonly mountPath: string;
  /** Whether it may only be read. @default false */
  readonly readOnly?: boolean;
}

/** Properties of {@link podSpec}. */
export interface PodProps {
  /** Name of its one container. */
  readonly name: string;
  /** Address of the image, by digest. */
  readonly image: string;
  /** Name of its service account. */
  readonly serviceAccountName: string;
  /** Value of the label `opsdx_nodegroup` of its nodes, which is their taint's, too. @default - the general group, which has neither */
  readonly nodeLabel?: string;
  /** What it runs. @default - what the image says */
  readonly command?: readonly string[];
  /** ConfigMaps whose keys it finds as files, by the folder. @default - none */
  readonly files?: Readonly<Record<string, string>>;
  /** Kubernetes Secrets whose keys it finds as files, by the folder. @default - none */
  readonly secretFiles?: Readonly<Record<string, string>>;
  /** Claims on volumes. @default - none */
  readonly claims?: readonly MountedClaim[];
  /** GPUs: it stands on nodes that have some, and sees these. @default - none */
  readonly gpus?: number;
  /** Whom it makes way for. */
  readonly priority: keyof typeof PRIORITY_CLASSES;
  /** Processors and memory that it asks for. Memory is its limit too; there is none on processors. */
  readonly size: { readonly cpu: string; readonly memory: string };
  /** What it is told. */
  readonly variables: PodVariables;
  /** Seconds until a pod that goes is killed. */
  readonly graceSeconds: number;
  /** Given for a pod that ends. @default - it is started again whenever it ends */
  readonly restartPolicy?: "Never";
  /** Labels of the pods that are spread over zones and nodes, and whether one rather waits than makes the zones uneven. @default - not spread */
  readonly spread?: { readonly labels: Readonly<Record<string, string>>; readonly zones: "required" | "preferred" };
  /** How it serves requests. @default - it serves none, and nobody asks whether it is well */
  readonly serves?: PodServing;
}

/** The one shape of this program's pods, for a Deployment, a CronJob or a Job: restricted, placed, without a token of the API. */
export function podSpec(props: PodProps) {
  const {
    claims = [],
    files = {},
    gpus = 0,
    nodeLabel: value,
    secretFiles = {},
    serves,
    size,
    spread,
    variables,
  } = props;
  const limits = { memory: size.memory, ...(gpus > 0 && { [GPU]: `${gpus}` }) };
  return {
    serviceAccountName: props.serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: props.restartPolicy,
    priorityClassName: PRIORITY_CLASSES[props.priority].name,
    ...(value !== undefined && {
      nodeSelector: { [NODE_GROUP_LABEL]: value, ...(gpus > 0 && GPU_NODES.nodeSelector) },
      toleration: [
        { key: NODE_GROUP_LABEL, operator: "Equal", value, effect: "NoSchedule" },
        ...(gpus > 0 ? [GPU_NODES.toleration] : []),
      ],
    }),
    ...(gpus > 0 && { runtimeClassName: GPU_NODES.runtimeClassName }),
    topologySpreadConstraint: spread && [
      evenly("topology.kubernetes.io/zone", spread.labels, spread.zones === "required"),
      evenly("kubernetes.io/hostname", spread.labels, false),
    ],
    terminationGracePeriodSeconds: props.graceSeconds,
    securityContext: RESTRICTED_POD,
    volume: [
      ...SCRATCH.volume,
      ...Object.values(files).map((name) => ({ name, configMap: { name } })),
      ...Object.values(secretFiles).map((name) => ({ name, secret: { secretName: name } })),
      ...claims.map(({ name, readOnly }) => ({ name, persistentVolumeClaim: { claimName: name, readOnly } })),
    ],
    container: [
      {
        name: props.name,
        image: props.image,
        imagePullPolicy: "IfNotPresent",
        ...(props.command && { command: [...props.command] }),
        env: containerEnv({
          AWS_REGION: variables.region,
          ...variables.shared,
          ...literalVariables(variables.env ?? {}),
          ...(variables.secrets && secretVariables(variables.secrets.references, variables.secrets.path)),
          ...variables.own,
        }),
        resources: { requests: { cpu: size.cpu, memory: size.memory }, limits },
        ...(serves && serving(serves)),
        securityContext: RESTRICTED_CONTAINER,
        volumeMount: [
          ...SCRATCH.volumeMount,
          ...Object.entries({ ...files, ...secretFiles }).map(([mountPath, name]) => ({
            name,
            mountPath,
            readOnly: true,
          })),
          ...claims,
        ],
      },
    ],
  };
}

function evenly(topologyKey: string, labels: Readonly<Record<string, string>>, required: boolean) {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: required ? "DoNotSchedule" : "ScheduleAnyway",
    labelSelector: [{ matchLabels: { ...labels } }],
  };
}

/** Slow to call a pod dead, quick to send it no requests. */
function serving({ healthPath, port, preStopSeconds, protocol, startSeconds = 150 }: PodServing) {
  const check = { httpGet: { path: healthPath, port: `${port}`, scheme: protocol }, timeoutSeconds: 5 };
  return {
    port: [{ name: "http", containerPort: port }],
    startupProbe: { ...check, periodSeconds: 5, failureThreshold: Math.ceil(startSeconds / 5) },
    readinessProbe: { ...check, periodSeconds: 5, failureThreshold: 2 },
    livenessProbe: { ...check, periodSeconds: 10, failureThreshold: 6 },
    lifecycle: { preStop: [{ exec: { command: ["sleep", `${preStopSeconds}`] } }] },
  };
}

/** Properties of {@link podServiceAccount}. */
export interface PodServiceAccountProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Its name, namespace and labels. */
  readonly metadata: ServiceAccountV1Metadata;
  /** ARN of the role that its pods take in AWS. @default - none: they ask AWS for nothing */
  readonly roleArn?: string;
  /** What must be there first. @default - nothing */
  readonly dependsOn?: ITerraformDependable[];
}

/** The service account of pods, with their role in AWS; it gives no token of the cluster's API. @returns its name */
export function podServiceAccount(scope: Construct, id: string, props: PodServiceAccountProps): string {
  const { dependsOn, metadata, provider, roleArn } = props;
  return new ServiceAccountV1(scope, id, {
    provider,
    metadata: roleArn === undefined ? metadata : { ...metadata, annotations: { [ROLE_ANNOTATION]: roleArn } },
    automountServiceAccountToken: false,
    dependsOn,
  }).metadata.name;
}
