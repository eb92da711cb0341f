import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { digestLockText, parseDigestLock, type DigestLock, type LockedDigest, type LockKind } from "./digest-lock";

/** An image that somebody else publishes. */
export interface PublicImage {
  /** Host of its registry, for example `ghcr.io`. */
  readonly registry: string;
  /** Repository in the registry, for example `headlamp-k8s/headlamp`. */
  readonly repository: string;
  /** Tag: what a person reads. */
  readonly tag: string;
}

const image = (registry: string, repository: string, tag: string): PublicImage => ({ registry, repository, tag });

/**
 * Every image of others that runs on a cluster, by the name that values call it. A chart runs no other: what it renders is compared
 * with this list. `npx opsdx images lock` looks up their digests.
 */
export const PUBLIC_IMAGES = {
  "external-secrets": image("ghcr.io", "external-secrets/external-secrets", "v2.9.0"),
  "aws-cli": image("public.ecr.aws", "aws-cli/aws-cli", "2.27.50"),
  chaoskube: image("ghcr.io", "linki/chaoskube", "v0.39.0"),
  concourse: image("docker.io", "concourse/concourse", "8.1.1"),
  "csi-liveness-probe": image("public.ecr.aws", "csi-components/livenessprobe", "v2.19.0-eksbuild.3"),
  "csi-node-driver-registrar": image(
    "public.ecr.aws",
    "csi-components/csi-node-driver-registrar",
    "v2.17.0-eksbuild.3",
  ),
  "efs-csi-driver": image("public.ecr.aws", "efs-csi-driver/amazon/aws-efs-csi-driver", "v3.4.1"),
  "fluent-bit": image("cr.fluentbit.io", "fluent/fluent-bit", "5.1.1"),
  // The major version that `lambdas/bundle.ts` makes programs for.
  node: image("public.ecr.aws", "docker/library/node", "22.21.1-alpine3.22"),
  grafana: image("docker.io", "grafana/grafana", "13.2.0"),
  headlamp: image("ghcr.io", "headlamp-k8s/headlamp", "v0.45.0"),
  // The same as load/requirements.txt: what is tested is what runs.
  locust: image("docker.io", "locustio/locust", "2.47.0"),
  // What builds images in Concourse's pipeline.
  "oci-build-task": image("docker.io", "concourse/oci-build-task", "0.11"),
  redash: image("docker.io", "redash/redash", "25.8.0"),
  alertmanager: image("quay.io", "prometheus/alertmanager", "v0.34.0"),
  "blackbox-exporter": image("quay.io", "prometheus/blackbox-exporter", "v0.28.0"),
  "config-reloader": image("quay.io", "prometheus-operator/prometheus-config-reloader", "v0.93.1"),
  "kube-state-metrics": image("registry.k8s.io", "kube-state-metrics/kube-state-metrics", "v2.20.0"),
  nginx: image("docker.io", "nginxinc/nginx-unprivileged", "1.28.0"),
  "node-exporter": image("quay.io", "prometheus/node-exporter", "v1.12.1-distroless"),
  "dcgm-exporter": image("nvcr.io", "nvidia/k8s/dcgm-exporter", "4.5.3-4.8.2-distroless"),
  prometheus: image("quay.io", "prometheus/prometheus", "v3.14.0-distroless"),
  "prometheus-operator": image("quay.io", "prometheus-operator/prometheus-operator", "v0.93.1"),
  "tensorflow-serving": image("docker.io", "tensorflow/serving", "2.20.0"),
} as const;

/** Name of a public image. */
export type PublicImageName = keyof typeof PUBLIC_IMAGES;

/** The file that `npx opsdx images lock` writes, below the project's folder. */
export const IMAGE_LOCK = "config/images.lock.json";

/** What the lock knows of an image: the digest of it, or of the index of its platforms. */
export type LockedImage = LockedDigest;

/** The digests of public images, by `<registry>/<repository>:<tag>`. */
export type ImageLock = DigestLock;

const LOCK: LockKind = {
  file: IMAGE_LOCK,
  entries: "images",
  names: z.string().regex(/^[\w.-]+(:\d+)?(\/[\w.-]+)+:[\w.-]+$/, "must be <registry>/<repository>:<tag>"),
  publisher: "a registry",
  command: "npx opsdx images lock",
};

/** An image as the values of a chart name it. */
export interface ImageParts extends PublicImage {
  /** Its digest. @default - the lock has none yet */
  readonly digest?: string;
  /** Tag, with the digest where there is one: for charts that know a tag only. */
  readonly pinnedTag: string;
  /** All of it: `<registry>/<repository>:<tag>[@<digest>]`. */
  readonly reference: string;
}

/** `<registry>/<repository>:<tag>`: by what the lock knows an image. */
export function taggedReference({ registry, repository, tag }: PublicImage): string {
  return `${registry}/${repository}:${tag}`;
}

/**
 * An image with its digest, in the parts that charts ask for.
 * @param name - its name in {@link PUBLIC_IMAGES}
 * @param lock - the digests @default - those of the lock file
 * @throws ConfigError when the lock file is not as `images lock` wrote it
 */
export function imageParts(name: PublicImageName, lock: ImageLock = lockFile()): ImageParts {
  const found: PublicImage = PUBLIC_IMAGES[name];
  const tagged = taggedReference(found);
  const digest = lock[tagged]?.digest;
  const suffix = digest === undefined ? "" : `@${digest}`;
  return { ...found, digest, pinnedTag: `${found.tag}${suffix}`, reference: `${tagged}${suffix}` };
}

/**
 * The reference of an image, `<registry>/<repository>:<tag>[@<digest>]`.
 * @param name - its name in {@link PUBLIC_IMAGES}
 * @param lock - the digests @default - those of the lock file
 * @throws ConfigError when the lock file is not as `images lock` wrote it
 */
export function imageOf(name: PublicImageName, lock?: ImageLock): string {
  return imageParts(name, lock).reference;
}

/** What the lock file holds for these digests. */
export function lockText(lock: ImageLock): string {
  return digestLockText(LOCK, lock);
}

/**
 * Reads a lock file's text.
 * @throws ConfigError naming everything that is wrong with it
 */
export function parseLock(text: string): ImageLock {
  return parseDigestLock(LOCK, text);
}

let read: ImageLock | undefined;

/** The project's lock, which is read once. */
export function lockFile(): ImageLock {
  read ??= parseLock(readFileSync(path.join(__dirname, path.basename(IMAGE_LOCK)), "utf8"));
  return read;
}
