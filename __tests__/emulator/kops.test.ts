import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig, type Config } from "../../config/load";
import type { ClusterConfig } from "../../config/schema/cluster";
import { readPayload } from "../../constructs/stage2/kops/payload";
import { findKops } from "../../tools/kops/binary";
import { renderPayload } from "../../tools/kops/render";
import { S3StateStore } from "../../tools/kops/state-store";
import { findCluster, publishedIds, specOf } from "../../tools/kops/target";
import { Children } from "../../tools/terraform/children";

/**
 * A real kops renders every cluster of an environment that is applied on an emulator; docs/kops.md says how. The binary is the
 * person's, so without one there is only this to report.
 */
const { KOPS, KOPS_TEST_ENVIRONMENT: environment = "dev", KOPS_TEST_KUBERNETES, KOPS_TEST_IMAGE } = process.env;

if (KOPS === undefined || KOPS === "") {
  test("NOT RUN: a real kops renders every cluster. Set KOPS to a kops binary to run it", () => {
    expect(KOPS ?? "").toBe("");
  });
} else {
  const folder = mkdtempSync(path.join(tmpdir(), "kops-real-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(["k8s", "k8s-ml", "k8s-ml-tf"])(
    `${environment} %s: kops accepts the manifest, declares what this program declares, and changes no file a second time`,
    async (cluster) => {
      const target = findCluster(adapted(loadConfig()), environment, cluster);
      const spec = specOf(target, await publishedIds(target.environment));
      const kops = await findKops();
      const render = (force: boolean) =>
        renderPayload({
          ...{ kops, children: new Children(), spec, store: new S3StateStore(spec), folder, force },
          progress: () => undefined,
        });
      const result = await render(true);
      expect(result.resources).toBeGreaterThanOrEqual(75);
      expect(readPayload(folder, spec).state).toBe("current");

      const first = filesIn(folder);
      await render(false);
      expect(filesIn(folder)).toEqual(first);
    },
    600_000,
  );
}

/** Every file below a folder, with its text. */
function filesIn(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map(({ name, parentPath }) => path.join(parentPath, name)).sort();
  return Object.fromEntries(files.map((file) => [file, readFileSync(file, "utf8")]));
}

/** Without the network kops knows downloads of older patches only, and an emulator knows few images: both can be named. */
function adapted(config: Config): Config {
  const adapt = (cluster: ClusterConfig): ClusterConfig => ({
    ...cluster,
    kubernetesVersion: KOPS_TEST_KUBERNETES ?? cluster.kubernetesVersion,
    machineImage: KOPS_TEST_IMAGE ?? cluster.machineImage,
  });
  return {
    ...config,
    environments: config.environments.map((each) => ({
      ...each,
      clusters: {
        k8s: adapt(each.clusters.k8s),
        "k8s-ml": adapt(each.clusters["k8s-ml"]),
        ...(each.clusters["k8s-ml-tf"] && { "k8s-ml-tf": adapt(each.clusters["k8s-ml-tf"]) }),
      },
    })),
  };
}
