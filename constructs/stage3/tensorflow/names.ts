/** Name of the system: the namespace of what serves models, and its page of the runbook. */
export const TENSORFLOW = "tensorflow";

/** Short name of its cluster. */
export const CLUSTER = "k8s-ml-tf";

/** Namespace of the Jobs that train: they may write models, and servers may not. */
export const TRAINING_NAMESPACE = "tensorflow-training";

/** Templates of Jobs: what trains a model, and what lists the versions that there are. */
export const TEMPLATES = { train: "train", models: "list-models" } as const;

/** Folder of models in pods: `/models/<model>/<version>`. */
export const MODELS_FOLDER = "/models";

/** Where a Job works until its result is whole; no model is called so, as a name starts with a letter or digit. */
export const WORK_FOLDER = ".work";

/** Ports of a server: gRPC, and REST with its numbers at `/metrics`. */
export const PORTS = { grpc: 8500, rest: 8501 } as const;

/** Name of what serves a model's canary. */
export function canaryOf(model: string): string {
  return `${model}-canary`;
}

/** Prefix of an environment's datasets in the staging bucket. */
export function datasetPrefix(environment: string): string {
  return `${environment}/datasets/`;
}

/** What a Job is told of the model that it makes. */
export const TRAIN_VARIABLES = { model: "TRAIN_MODEL", version: "TRAIN_VERSION", dataset: "TRAIN_DATASET" } as const;
