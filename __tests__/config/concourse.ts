import type { EnvironmentConfigInput } from "../../config/load";

/** Concourse's settings, to change at will. */
export function concourseConfig(): NonNullable<EnvironmentConfigInput["concourse"]> {
  return {
    owner: "Mike",
    signIn: { issuer: "https://idp.example.org", clientId: "concourse", group: "platform" },
    web: { replicas: 2, pod: { cpu: "250m", memory: "768Mi" } },
    workers: { nodeGroup: "ci", replicas: 2, pod: { cpu: "3", memory: "12Gi" }, workSpaceGib: 150 },
    buildLogs: { days: 90, builds: 200 },
    pipeline: {
      repository: "yanif/dashan-emr",
      branch: "master",
      file: "dashan-etl/ci/pipeline.yml",
      images: { "trews-etl": { context: "dashan-etl" }, "trews-rest-api": { context: "dashan-api" } },
    },
  };
}

/** Changes of the project's configuration after which dev has Concourse, and more of them. */
export function withConcourse(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { "dev.concourse": concourseConfig(), "dev.clusters.k8s.nodeGroups.ci.minSize": 2, ...changes };
}
