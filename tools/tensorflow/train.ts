import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { TEMPLATES, TRAIN_VARIABLES } from "../../constructs/stage3/tensorflow/names";
import { kubectl, type KubectlPlace } from "../kubectl";

/** What a Job trains. */
export interface Training {
  /** The model. */
  readonly model: string;
  /** The version that it makes. */
  readonly version: number;
  /** The dataset, below the environment's. */
  readonly dataset: string;
}

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}
interface JobTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly Container[]; readonly initContainers?: readonly Container[] };
    };
  };
}

/** Name of the Job of a version: there is one at a time, as Kubernetes takes no second of a name. */
export function jobName({ model, version }: Pick<Training, "model" | "version">): string {
  return `${model}-${version}`;
}

/** The Job that a template becomes for a version: each of its containers is told which. */
export function trainingJob(template: JobTemplate, training: Training): Record<string, unknown> {
  const told = [
    { name: TRAIN_VARIABLES.dataset, value: training.dataset },
    { name: TRAIN_VARIABLES.model, value: training.model },
    { name: TRAIN_VARIABLES.version, value: `${training.version}` },
  ];
  const tell = (containers: readonly Container[] = []) =>
    containers.map((container) => ({ ...container, env: [...(container.env ?? []), ...told] }));
  const { spec } = template.spec.template;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: jobName(training), labels: { ...template.metadata?.labels, model: training.model } },
    spec: {
      ...template.spec,
      template: {
        ...template.spec.template,
        spec: { ...spec, initContainers: tell(spec.initContainers), containers: tell(spec.containers) },
      },
    },
  };
}

/**
 * Starts the training of a version.
 * @returns what kubectl says
 * @throws CommandError when the cluster refuses it, or has a Job of that version
 */
export async function train(place: KubectlPlace, training: Training, env: NodeJS.ProcessEnv): Promise<string> {
  const run = (...words: readonly string[]): Promise<string> => kubectl(place, ["-n", place.namespace, ...words], env);
  const text = await run("get", "cronjob", TEMPLATES.train, "-o", "json");
  const { spec } = JSON.parse(text) as { readonly spec: { readonly jobTemplate: JobTemplate } };
  const folder = mkdtempSync(path.join(tmpdir(), "opsdx-train-"));
  try {
    const file = path.join(folder, "job.json");
    writeFileSync(file, JSON.stringify(trainingJob(spec.jobTemplate, training)));
    return (await run("create", "-f", file)).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
