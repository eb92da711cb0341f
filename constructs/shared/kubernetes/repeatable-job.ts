import { createHash } from "node:crypto";
import { CronJobV1, type CronJobV1Spec } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { JobV1, type JobV1Spec } from "@cdktf/provider-kubernetes/lib/job-v1";
import type { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { Fn, type Construct, type ITerraformDependable } from "../cdktf";

/**
 * A CronJob that never starts by itself: the template of which a Job is made when somebody, or something else's clock, wants one.
 * @param jobTemplate - what each Job is
 */
export function suspendedTemplate(jobTemplate: CronJobV1Spec["jobTemplate"]): CronJobV1Spec {
  return {
    suspend: true,
    // Required, and never looked at while it is suspended.
    schedule: "0 0 1 1 *",
    concurrencyPolicy: "Forbid",
    jobTemplate,
  };
}

/** Settings of {@link repeatableJob}. */
export interface RepeatableJobProps {
  /** The cluster. */
  readonly provider: KubernetesProvider;
  /** Name, namespace and labels of the template; the Job's name begins with the same. */
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };
  /** What the Job is. */
  readonly spec: JobV1Spec;
  /** What it is made of: with another value of it, it runs again. */
  readonly madeOf: readonly unknown[];
  /**
   * ARN of a resource that it prepares: when that is made anew, it runs again.
   * @default - none
   */
  readonly runsAgainWith?: string;
  /** How long Terraform waits for its end, for example `10m`. */
  readonly timeout: string;
  /** What must be there first. */
  readonly dependsOn: ITerraformDependable[];
}

/**
 * A Job that Terraform runs and waits for, once for each value of what it is made of, as `Resource`; and, as `Template`, what people make
 * the same Job of again.
 */
export function repeatableJob(
  scope: Construct,
  { dependsOn, madeOf, metadata, provider, runsAgainWith, spec, timeout }: RepeatableJobProps,
): { readonly template: CronJobV1; readonly job: JobV1 } {
  const template = new CronJobV1(scope, "Template", {
    provider,
    metadata,
    spec: suspendedTemplate({
      metadata: { labels: metadata.labels },
      spec: { ...spec, ttlSecondsAfterFinished: "86400" },
    }),
    dependsOn,
  });
  const made = createHash("sha256").update(JSON.stringify(madeOf)).digest("hex").slice(0, 8);
  // A plan that makes the resource does not know its ARN yet, so it takes the Job for another. `replace_triggered_by` looks at what is
  // replaced, and not at what is made because it was gone: https://developer.hashicorp.com/terraform/language/meta-arguments#replace_triggered_by
  const prepared = runsAgainWith === undefined ? "" : `-${Fn.substr(Fn.sha1(runsAgainWith), 0, 8)}`;
  const job = new JobV1(scope, "Resource", {
    provider,
    // It stays when it has ended: one that went by itself Terraform would make anew with every apply.
    // https://github.com/hashicorp/terraform-provider-kubernetes/blob/v2.38.0/kubernetes/resource_kubernetes_job_v1.go
    metadata: { ...metadata, name: `${metadata.name}-${made}${prepared}` },
    spec,
    waitForCompletion: true,
    timeouts: { create: timeout, update: timeout },
    dependsOn,
  });
  return { template, job };
}
