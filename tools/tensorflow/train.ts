import { TEMPLATES, TRAIN_VARIABLES } from "../../constructs/stage3/tensorflow/names";
import { createJob, toldJob, type JobTemplate } from "../cluster-jobs";
import type { KubectlPlace } from "../kubectl";

/** What a Job trains. */
export interface Training {
  /** The model. */
  readonly model: string;
  /** The version that it makes. */
  readonly version: number;
  /** The dataset, below the environment's. */
  readonly dataset: string;
}

/** Name of the Job of a version: there is one at a time, as Kubernetes takes no second of a name. */
function jobName({ model, version }: Pick<Training, "model" | "version">): string {
  return `${model}-${version}`;
}

/** The Job that a template becomes for a version: each of its containers is told which. */
export function trainingJob(template: JobTemplate, training: Training) {
  const job = toldJob(template, jobName(training), {
    [TRAIN_VARIABLES.dataset]: training.dataset,
    [TRAIN_VARIABLES.model]: training.model,
    [TRAIN_VARIABLES.version]: `${training.version}`,
  });
  return { ...job, metadata: { ...job.metadata, labels: { ...job.metadata.labels, model: training.model } } };
}

/**
 * Starts the training of a version.
 * @returns the name of its Job
 * @throws CommandError when the cluster refuses it, or has a Job of that version
 */
export async function train(place: KubectlPlace, training: Training, env: NodeJS.ProcessEnv): Promise<string> {
  return createJob(place, TEMPLATES.train, (template) => trainingJob(template, training), env);
}
