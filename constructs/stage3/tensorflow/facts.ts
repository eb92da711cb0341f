import { configFile } from "../../../config/names";
import type { TensorflowConfig } from "../../../config/schema/tensorflow";
import { aws } from "../../shared/observability/command";
import { dashboardTitle } from "../../shared/observability/dashboard-model";
import { placeholder } from "../../shared/observability/placeholders";
import type { Procedure, SystemFacts } from "../../shared/observability/system";
import type { TensorflowCommands } from "./commands";
import { canaryOf, CLUSTER, datasetPrefix, MODELS_FOLDER, PORTS, TENSORFLOW } from "./names";
import { CHECKPOINT_SECONDS } from "./training";

/** What TensorFlow's page of the runbook is written from. */
export interface TensorflowFactsProps {
  /** Name of the environment. */
  readonly environment: string;
  /** Its settings. */
  readonly config: TensorflowConfig;
  /** Its commands. */
  readonly commands: TensorflowCommands;
  /** Name of the bucket of datasets. */
  readonly bucket: string;
}

/** What the runbook says of TensorFlow: the wiki's empty page. */
export function tensorflowFacts(props: TensorflowFactsProps): SystemFacts {
  const { bucket, commands, config, environment } = props;
  const { serving, training } = commands;
  const model = placeholder("name");
  const datasets = `s3://${bucket}/${datasetPrefix(environment)}`;
  return {
    name: TENSORFLOW,
    title: "TensorFlow",
    owner: config.owner,
    purpose: `Trains models on GPUs of ${CLUSTER}, and serves them inside of that cluster. Models: ${Object.keys(config.serving.models).join(", ")}.`,
    launch: [
      [
        `What serves and what trains; settings: \`tensorflow\` in \`${configFile(environment)}\`, and the versions that are served in \`config/models.json\`:`,
        commands.deploy,
      ],
      [
        `Train a version, from a dataset below ${datasets}. The group of GPUs starts from nothing, so the first minutes are those of its node:`,
        aws(`s3 ls ${datasets}`),
        commands.train,
      ],
    ],
    stop: [
      ["A Job; its checkpoints stay, and the same command goes on from them:", training(`delete job ${model}`)],
      [
        // https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation
        "A model: nobody answers for it until it is scaled up again. Its autoscaler lets it be, and so does a deployment.",
        serving(`scale deployment/${model} --replicas=0`),
        "Go on; the autoscaler takes over from there:",
        ...Object.entries(config.serving.models).map(([name, { replicas }]) =>
          serving(`scale deployment/${name} --replicas=${replicas.min}`),
        ),
      ],
    ],
    status: [
      ["Versions that there are, and those that are served:", commands.models],
      serving("get deployments,hpa,pods -L model,version -o wide"),
      training("get jobs,pods -o wide"),
      ["Nodes with GPUs; as a rule there is none:", commands.gpuNodes],
    ],
    logs: [
      commands.servingLogs,
      commands.trainingLogs,
      ["A Job that is still there:", training(`logs job/${model} --all-containers --prefix --tail=200`)],
    ],
    metrics: [
      `Grafana > ${dashboardTitle(environment, "TensorFlow")}.`,
      "Prometheus of the cluster: `:tensorflow:serving:request_latency_bucket` and `:tensorflow:serving:request_count` by model, `:tensorflow:serving:batching_session:queuing_latency_bucket`; DCGM_FI_DEV_GPU_UTIL, DCGM_FI_DEV_FB_USED, DCGM_FI_DEV_FB_FREE, DCGM_FI_DEV_XID_ERRORS by `Hostname` and `gpu`.",
      "Pods that wait for a node with GPUs for 15 minutes: the alarm pods-pending of Prometheus, with the group in `nodeselector_opsdx_nodegroup`.",
    ],
    procedures: procedures(props),
  };
}

function procedures({ bucket, commands }: TensorflowFactsProps): readonly Procedure[] {
  const { serving, training } = commands;
  const model = placeholder("name");
  return [
    {
      title: "Call a model",
      steps: [
        `From a pod of the cluster whose namespace is among the model's \`callers\`: REST at http://${model}.${TENSORFLOW}:${PORTS.rest}/v1/models/${model}:predict, gRPC at ${model}.${TENSORFLOW}:${PORTS.grpc}. There is no way in from outside of the cluster. The canary has the same under ${canaryOf(model)}.`,
        [
          "By hand, through the API server:",
          serving(`port-forward service/${model} ${PORTS.rest}:${PORTS.rest}`),
          `Browse http://localhost:${PORTS.rest}/v1/models/${model}.`,
        ],
      ],
    },
    {
      title: "Serve another version (upgrade)",
      steps: [
        ["Is it there, with `saved_model.pb` and requests to warm up with?", commands.models],
        [
          "Try it beside the one that answers, then look at its latency and its answers:",
          commands.tryOut,
          commands.deploy,
        ],
        [
          "Make it the one that answers. A pod of it takes over once it has loaded; one that does not load changes nothing, and the deployment fails.",
          commands.promote,
          commands.deploy,
        ],
        "Commit `config/models.json`: what is not in version control the next deployment takes back.",
      ],
    },
    {
      title: "Way back",
      steps: [
        [
          "A canary is taken away; without one, the version before answers again. About two minutes, and nobody is without an answer meanwhile:",
          commands.rollback(),
          commands.deploy,
        ],
        "TensorFlow Serving itself: its version stands in config/images.ts; the commit before, and a deployment.",
      ],
    },
    {
      title: "A training Job that was interrupted",
      steps: [
        `AWS takes a Spot node back two minutes after it has said so: the pod gets a SIGTERM and ${CHECKPOINT_SECONDS} seconds, in which the program writes a checkpoint into \`TRAIN_CHECKPOINTS\`. That costs none of its tries; the next pod finds the checkpoints there and goes on, on Spot or, when there is none, on demand.`,
        ["Does it go on?", training("get pods -o wide"), training(`describe job ${model}`)],
        "It failed for good (`FailJob`): exit codes 64 to 78 say that the program was told something wrong; 73, that its version is there already.",
        [
          "Start it again under the same version; its checkpoints are still there:",
          training(`delete job ${model}`),
          commands.train,
        ],
      ],
    },
    {
      title: "Restore, and what its loss means",
      steps: [
        `Servers keep nothing. Models stand on the file system, \`${MODELS_FOLDER}\` in pods, and are in the backups of NFS; \`config/models.json\` says which are served. Lost for good, a version is trained again from its dataset in ${bucket}.`,
        "While none is served, whoever asks gets no answer, and decides without it.",
        [
          "A version is never overwritten: a Job that would is refused. One that is wrong is left alone, and another one promoted.",
          commands.models,
        ],
      ],
    },
  ];
}
