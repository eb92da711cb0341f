import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import type { KopsClusterSpec } from "../../constructs/stage2/kops/spec";
import { awsClient, clientSettings } from "../aws/client";
import { CommandError } from "../command-error";
import { s3Words } from "../aws/s3-fault";
import { deployCommand } from "../next-step";

/** What kops keeps of a cluster's description: YAML by key below the cluster's name, `config` and `instancegroup/<name>`. */
export type StoredCluster = Readonly<Record<string, string>>;

/**
 * A cluster's description in the kops state store. kops itself writes it; this program reads it, puts it back after a failure, and
 * removes the groups that config no longer has: `kops delete instancegroup` would terminate their instances at once, past Terraform.
 * @see https://kops.sigs.k8s.io/state/
 */
export interface StateStore {
  /** Where it is, as messages name it. */
  readonly location: string;
  /** The description; empty when kops does not know the cluster. */
  read(): Promise<StoredCluster>;
  /** Makes the description exactly this. */
  write(cluster: StoredCluster): Promise<void>;
}

/** The key of an instance group. */
export function groupKey(group: string): string {
  return `instancegroup/${group}`;
}

/** The kops state store in S3. */
export class S3StateStore implements StateStore {
  /** Its address in S3, without the key. */
  public readonly location: string;
  private readonly s3: S3Client;
  private readonly account: KopsClusterSpec["account"];
  private readonly bucket: string;
  private readonly prefix: string;

  /** The account that owns the store is that of `global`. */
  public constructor({ account, name, stateBucket }: KopsClusterSpec, env: NodeJS.ProcessEnv = process.env) {
    this.account = account;
    this.bucket = stateBucket;
    this.prefix = `${name}/`;
    this.location = `s3://${stateBucket}/${name}`;
    this.s3 = awsClient(S3Client, clientSettings({ environment: "global", ...account }, env));
  }

  /**
   * Reads it from S3.
   * @throws CommandError with what helps
   */
  public async read(): Promise<StoredCluster> {
    const keys = await this.keys();
    const texts = await Promise.all(keys.map((key) => this.get(key)));
    return Object.fromEntries(keys.map((key, index) => [key, texts[index] ?? ""]));
  }

  /**
   * Writes what differs, and removes what is not named.
   * @throws CommandError with what helps
   */
  public async write(cluster: StoredCluster): Promise<void> {
    const now = await this.read();
    for (const [key, text] of Object.entries(cluster)) {
      if (now[key] === text) continue;
      await this.ask("s3:PutObject", key, () => this.s3.send(new PutObjectCommand({ ...this.at(key), Body: text })));
    }
    for (const key of Object.keys(now).filter((name) => !(name in cluster))) {
      await this.ask("s3:DeleteObject", key, () => this.s3.send(new DeleteObjectCommand(this.at(key))));
    }
  }

  private async keys(): Promise<string[]> {
    const keys: string[] = [];
    for (const prefix of [`${this.prefix}config`, `${this.prefix}${groupKey("")}`]) {
      const page = await this.ask("s3:ListBucket", undefined, () =>
        this.s3.send(new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix })),
      );
      for (const { Key = "" } of page.Contents ?? []) keys.push(Key.slice(this.prefix.length));
    }
    return keys.filter((key) => key === "config" || key.startsWith(groupKey("")));
  }

  private get(key: string): Promise<string> {
    return this.ask("s3:GetObject", key, async () => {
      const { Body } = await this.s3.send(new GetObjectCommand(this.at(key)));
      return (await Body?.transformToString()) ?? "";
    });
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: `${this.prefix}${key}` };
  }

  private async ask<T>(right: string, key: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const words = await s3Words(error, {
        bucket: this.bucket,
        ...(key === undefined ? {} : { key: `${this.prefix}${key}` }),
        right,
        account: this.account,
      });
      const verb = right === "s3:ListBucket" || right === "s3:GetObject" ? "read" : "changed";
      throw new CommandError(
        `the state store ${this.location} cannot be ${verb}: ${words}` +
          (error instanceof Error && error.name === "NoSuchBucket" ? `. ${deployCommand("global")} makes it` : ""),
      );
    }
  }
}

/** One value that two descriptions of a cluster disagree on, as a person reads it. */
export function editsBetween(before: StoredCluster, after: StoredCluster): readonly string[] {
  const [left, right] = [valuesOf(before), valuesOf(after)];
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .filter((place) => !isDeepStrictEqual(left.get(place), right.get(place)))
    .map((place) => `${place}: ${show(left.get(place))} at the last render, ${show(right.get(place))} now`);
}

/** What kops counts and dates by itself. */
const KOPS_COUNTS = ["metadata.creationTimestamp", "metadata.generation"];

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

/**
 * A document without what kops puts into it by itself: its date and count, new whenever it is replaced, and the API's public name where
 * it follows from the cluster's, which kops writes when it creates a cluster and leaves out when it replaces one. The same render, the
 * same text.
 */
export function undatedText(text: string): string {
  const [, name = ""] = /^ {2}name: "?([^"\s]+)"?$/m.exec(text) ?? [];
  return text
    .replace(/^ {2}(creationTimestamp|generation): .*\n/gm, "")
    .replace(/^ +(?:masterPublicName|publicName): "?api\.([^"\s]+)"?\n/gm, (line, of: string) =>
      of === name ? "" : line,
    );
}

/** The description without what kops puts into it by itself. */
export function undated(cluster: StoredCluster): StoredCluster {
  return Object.fromEntries(Object.entries(cluster).map(([key, text]) => [key, undatedText(text)]));
}

/** Every value by its place, for example `instancegroup/nodes spec.maxSize`. */
function valuesOf(cluster: StoredCluster): Map<string, unknown> {
  return new Map(
    Object.entries(cluster).flatMap(([key, text]) =>
      leaves(parse(undatedText(text)), [])
        .filter(([place]) => !KOPS_COUNTS.includes(place))
        .map(([place, value]): [string, unknown] => [`${key} ${place}`, value]),
    ),
  );
}

function leaves(value: unknown, place: readonly string[]): [string, unknown][] {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) return [[place.join("."), value]];
  return entries.flatMap(([key, inner]) => leaves(inner, [...place, key]));
}
