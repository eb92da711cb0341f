import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
  PutImageCommand,
  PutLifecyclePolicyCommand,
} from "@aws-sdk/client-ecr";
import { loadConfig, type Config } from "../../config/load";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { lifecyclePolicy } from "../../constructs/global/container-registry";
import { imagesCommand } from "../../tools/images/command";
import { pinnedImages } from "../../tools/images/images";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { signIn, useEmulator } from "./support";

const before = { ...process.env };
const folder = mkdtempSync(path.join(os.tmpdir(), "images-"));
const paths = new SandboxPaths(folder);
const config = loadConfig();
const mediaType = "application/vnd.oci.image.index.v1+json";
const manifest = (of: string): string =>
  JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations: { of } });
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const repositories = config.global.containerRepositories;

/** The configuration, with dev pinning images that were pushed. */
function pinning(): Config {
  const pushed = (image: string | undefined): string => {
    const repository = image?.split("@")[0] ?? "";
    return `${repository}@${digestOf(manifest(repository))}`;
  };
  return {
    ...config,
    environments: config.environments.map((environment) => ({
      ...environment,
      web: { ...environment.web, image: pushed(environment.web.image) },
      ...(environment.tensorflow?.training !== undefined && {
        tensorflow: {
          ...environment.tensorflow,
          training: { ...environment.tensorflow.training, image: pushed(environment.tensorflow.training.image) },
        },
      }),
      etls: Object.fromEntries(
        Object.entries(environment.etls).map(([name, etl]) => [name, { ...etl, image: pushed(etl.image) }]),
      ),
    })),
  };
}

const ecr = (): ECRClient => new ECRClient({ region: config.global.account.region });

async function run(...args: readonly string[]): Promise<{ readonly out: string; readonly code: number }> {
  const out: string[] = [];
  const log = jest.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  try {
    await imagesCommand({ load: pinning }).parseAsync([...args], { from: "user" });
    return { out: out.join("\n"), code: Number(process.exitCode ?? 0) };
  } finally {
    log.mockRestore();
    process.exitCode = 0;
  }
}

async function tagsOf(repository: string): Promise<readonly string[]> {
  const { imageDetails = [] } = await ecr().send(new DescribeImagesCommand({ repositoryName: repository }));
  return imageDetails.flatMap(({ imageTags = [] }) => imageTags).sort();
}

beforeAll(async () => {
  await useEmulator(paths);
  await signIn(config.global.account.id);
  for (const repositoryName of repositories) {
    await ecr().send(new CreateRepositoryCommand({ repositoryName, imageTagMutability: "IMMUTABLE" }));
    await ecr().send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: lifecyclePolicy() }));
  }
}, 300_000);

afterAll(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true });
  process.env = before;
});

test("an image that config pins is missing, then may expire, then is kept for each environment, under tags that never move", async () => {
  const missing = await run("check", "dev");
  expect(missing.out).toContain(`${repositories.length} not in the registry`);
  expect(missing.code).toBe(1);

  for (const repositoryName of repositories) {
    const imageManifest = manifest(repositoryName);
    // Unlike ECR, the emulator does not work the digest out.
    const imageDigest = digestOf(imageManifest);
    await ecr().send(
      new PutImageCommand({
        repositoryName,
        imageManifest,
        imageManifestMediaType: mediaType,
        imageDigest,
        imageTag: "v1",
      }),
    );
  }
  const loose = await run("check", "dev");
  expect(loose.out).toContain(`${repositories.length} may expire while in use`);
  expect(loose.code).toBe(1);

  expect((await run("keep", "dev", "--dry-run")).code).toBe(0);
  for (const repository of repositories) expect(await tagsOf(repository)).toEqual(["v1"]);

  for (const environment of ["dev", "prod", "dev"]) expect(await run("keep", environment)).toMatchObject({ code: 0 });
  expect(await run("check", "dev")).toMatchObject({ code: 0 });
  for (const { digest, repository } of pinning().environments.slice(0, 1).flatMap(pinnedImages)) {
    const short = digest.slice("sha256:".length, "sha256:".length + 16);
    expect(await tagsOf(repository)).toEqual([`keep-dev-${short}`, `keep-prod-${short}`, "v1"]);
  }
});
