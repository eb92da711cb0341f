import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig, type Config } from "../../config/load";
import { readPayload } from "../../constructs/kops/payload";
import { findKops } from "../../tools/kops/binary";
import { renderPayload } from "../../tools/kops/render";
import { S3StateStore } from "../../tools/kops/state-store";
import { findCluster, publishedIds, specOf } from "../../tools/kops/target";

/**
 * A real kops renders every cluster of an environment that is applied on an emulator; docs/kops.md says how. The binary is the
 * person's, so without one there is only this to report.
 */
const { KOPS, KOPS_TEST_ENVIRONMENT: environment = "dev", KOPS_TEST_KUBERNETES: kubernetes } = process.env;

if (KOPS === undefined || KOPS === "") {
  test("NOT RUN: a real kops renders every cluster. Set KOPS to a kops binary to run it", () => {
    expect(KOPS ?? "").toBe("");
  });
} else {
  const folder = mkdtempSync(path.join(tmpdir(), "kops-real-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(["k8s", "k8s-ml", "k8s-ml-tf"])(
    `${environment} %s: kops accepts the manifest, and declares what this program declares`,
    async (cluster) => {
      const target = findCluster(knownToKops(loadConfig()), environment, cluster);
      const spec = specOf(target, await publishedIds(target.environment));
      const kops = await findKops();
      const store = new S3StateStore(spec);
      const result = await renderPayload({ kops, spec, store, folder, force: true, progress: () => undefined });
      expect(result.resources).toBeGreaterThanOrEqual(75);
      expect(readPayload(folder, spec).state).toBe("current");
    },
    300_000,
  );
}

/** Without the network kops knows downloads of older patches only; `KOPS_TEST_KUBERNETES` names one. */
function knownToKops(config: Config): Config {
  if (kubernetes === undefined) return config;
  return {
    ...config,
    environments: config.environments.map((each) => ({
      ...each,
      clusters: {
        k8s: { ...each.clusters.k8s, kubernetesVersion: kubernetes },
        "k8s-ml": { ...each.clusters["k8s-ml"], kubernetesVersion: kubernetes },
        "k8s-ml-tf": { ...each.clusters["k8s-ml-tf"], kubernetesVersion: kubernetes },
      },
    })),
  };
}
