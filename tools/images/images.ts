import { BatchGetImageCommand, DescribeImagesCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { keepTag } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { workloadsOf } from "../../config/schema/workloads";
import { awsClient, awsFault, clientSettings, type AwsAccount } from "../aws/client";
import { CommandError } from "../command-error";

/** An image that an environment's settings pin by its digest. */
export interface PinnedImage {
  /** ECR repository. */
  readonly repository: string;
  /** `sha256:…`. */
  readonly digest: string;
  /** Workloads that run it, sorted. */
  readonly workloads: readonly string[];
  /** The tag that keeps it from expiring as long as the environment may run it. */
  readonly tag: string;
}

/** What the registry has of a pinned image. */
export interface ImageState extends PinnedImage {
  /** Whether it is there, and has its tag. */
  readonly state: "kept" | "may expire" | "missing";
  /** When it was pushed. @default - unknown, or it is missing */
  readonly pushed?: string;
}

/** Every image that an environment's settings pin, once, by repository and digest. */
export function pinnedImages(environment: EnvironmentConfig): readonly PinnedImage[] {
  const workloads = new Map<string, string[]>();
  for (const { image, name } of workloadsOf(environment)) {
    if (image !== undefined) workloads.set(image, [...(workloads.get(image) ?? []), name].sort());
  }
  return [...workloads]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([image, names]) => {
      const [repository = "", digest = ""] = image.split("@");
      return { repository, digest, workloads: names, tag: keepTag(environment.name, digest) };
    });
}

/** An image registry. */
export interface ImageRegistry {
  /** Tags of an image and when it was pushed; undefined when there is no such image. */
  describe(
    repository: string,
    digest: string,
  ): Promise<{ readonly tags: readonly string[]; readonly pushed?: Date } | undefined>;
  /** Gives an image one more tag. */
  tag(repository: string, digest: string, tag: string): Promise<void>;
}

/** The forms in which an image is stored: asked for otherwise, ECR may give another, which has another digest. */
const MEDIA_TYPES = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
];

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");

/** The ECR registry of an account. */
export class EcrRegistry implements ImageRegistry {
  private readonly client: ECRClient;

  public constructor(
    private readonly account: AwsAccount,
    env: NodeJS.ProcessEnv,
  ) {
    this.client = awsClient(ECRClient, clientSettings(account, env));
  }

  /** See {@link ImageRegistry.describe}. */
  public async describe(repository: string, digest: string) {
    try {
      const { imageDetails: [image] = [] } = await this.client.send(
        new DescribeImagesCommand({
          registryId: this.account.id,
          repositoryName: repository,
          imageIds: [{ imageDigest: digest }],
        }),
      );
      return image === undefined ? undefined : { tags: image.imageTags ?? [], pushed: image.imagePushedAt };
    } catch (error) {
      if (["ImageNotFoundException", "RepositoryNotFoundException"].includes(nameOf(error))) return undefined;
      throw awsFault(`The image ${repository}@${digest}`, "described", error, this.account);
    }
  }

  /**
   * See {@link ImageRegistry.tag}: the manifest is put once more, byte for byte, under the tag.
   * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html
   */
  public async tag(repository: string, digest: string, tag: string): Promise<void> {
    const place = { registryId: this.account.id, repositoryName: repository };
    const what = `The image ${repository}@${digest}`;
    try {
      const { images: [image] = [] } = await this.client.send(
        new BatchGetImageCommand({ ...place, imageIds: [{ imageDigest: digest }], acceptedMediaTypes: MEDIA_TYPES }),
      );
      if (image?.imageManifest === undefined) throw new CommandError(`${what} is not in the registry.`);
      await this.client.send(
        new PutImageCommand({
          ...place,
          imageManifest: image.imageManifest,
          imageManifestMediaType: image.imageManifestMediaType,
          // ECR refuses a manifest that has another digest.
          imageDigest: digest,
          imageTag: tag,
        }),
      );
    } catch (error) {
      // The tag is made of the digest and never moves, so it stands on this image already.
      if (["ImageAlreadyExistsException", "ImageTagAlreadyExistsException"].includes(nameOf(error))) return;
      if (error instanceof CommandError) throw error;
      throw awsFault(what, "tagged", error, this.account);
    }
  }
}

/** What the registry has of each image. */
export async function imageStates(
  registry: ImageRegistry,
  images: readonly PinnedImage[],
): Promise<readonly ImageState[]> {
  return Promise.all(
    images.map(async (image): Promise<ImageState> => {
      const found = await registry.describe(image.repository, image.digest);
      if (found === undefined) return { ...image, state: "missing" };
      const state = found.tags.includes(image.tag) ? "kept" : "may expire";
      return { ...image, state, pushed: found.pushed?.toISOString() };
    }),
  );
}
