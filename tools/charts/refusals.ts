import { setTimeout as delay } from "node:timers/promises";
import type { RenderedFinding } from "../../constructs/shared/policy/rendered/rules";

import { CommandError } from "../command-error";
import { apiProblem } from "../control-plane/api";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";
import { counted } from "../plan/report/words";
import type { Children } from "../terraform/children";
import type { RenderedRelease } from "./check";
import { kindsIn } from "./documents";
import { releaseTitle } from "./releases";
import type { ApiServer } from "./server";

/** How long a definition may take until its kind can be asked for, in milliseconds. */
const KNOWN_MS = 60_000;

/** What an API server says of releases. */
export interface Refusals {
  /** What it refuses, by release. */
  readonly found: ReadonlyMap<RenderedRelease, readonly RenderedFinding[]>;
  /** What it was not asked, and why. */
  readonly notChecked: readonly string[];
}

/** Settings of {@link refusals}. */
export interface RefusalsProps {
  /** Takes interrupts. */
  readonly children: Children;
  /** Tells what takes long. */
  readonly say: (line: string) => void;
}

/**
 * Sends what releases render to an API server that takes no field that it does not know, by dry run. On one that is thrown away the
 * definitions and namespaces of the releases are made first.
 * @throws CommandError when it does not answer, or does not let us ask
 */
export async function refusals(
  server: ApiServer,
  releases: readonly RenderedRelease[],
  { children, say }: RefusalsProps,
): Promise<Refusals> {
  const found = new Map<RenderedRelease, readonly RenderedFinding[]>();
  const unasked = new Map<string, Set<string>>();
  for (const [cluster, members] of byCluster(releases)) {
    say(`${cluster}: asking ${server.title} about ${counted(members.length, "release")}…`);
    if (server.isOwn) await prepare(server, members, children);
    for (const one of members) {
      const findings: RenderedFinding[] = [];
      for (const object of one.objects) {
        children.throwIfInterrupted();
        const answer = await answerTo(server, sentOf(object, one));
        if ("unasked" in answer) {
          unasked.set(answer.unasked, (unasked.get(answer.unasked) ?? new Set()).add(releaseTitle(one.release)));
        } else if (answer.refusal !== undefined) {
          const on = `${object.kind}/${object.metadata.name}`;
          findings.push({ rule: "RenderedTaken", on, problem: answer.refusal });
        }
      }
      found.set(one, findings);
    }
  }
  return {
    found,
    notChecked: [
      ...[...unasked].map(([what, titles]) => `${what} (${[...titles].join(", ")})`),
      ...(server.isOwn ? ["what the releases' own webhooks refuse: none is in force on an API server of its own"] : []),
    ],
  };
}

function byCluster(releases: readonly RenderedRelease[]): ReadonlyMap<string, readonly RenderedRelease[]> {
  const found = new Map<string, RenderedRelease[]>();
  for (const one of releases) {
    const key = `${one.release.stack} ${one.release.cluster}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}

/** Makes what other objects need. What is refused here is told when it is asked about. */
async function prepare({ client }: ApiServer, releases: readonly RenderedRelease[], children: Children): Promise<void> {
  const namespaces = new Set(
    releases.flatMap((one) => one.objects.map((object) => sentOf(object, one).metadata.namespace ?? "")),
  );
  const definitions = releases.flatMap(({ objects }) =>
    objects.filter(({ kind }) => kind === "CustomResourceDefinition"),
  );
  const made = [
    ...[...namespaces].map((name): KubernetesObject => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    // Nobody runs what would convert.
    ...definitions.map((one) => ({ ...one, spec: { ...(one["spec"] as object), conversion: { strategy: "None" } } })),
  ];
  const taken: KubernetesObject[] = [];
  for (const object of made) {
    children.throwIfInterrupted();
    try {
      await client.objects.apply(object);
      taken.push(object);
    } catch (error) {
      if (apiProblem(error).status === 0) throw error;
    }
  }
  const began = performance.now();
  for (const kind of kindsIn(taken)) {
    const [group = "", version = "", name = ""] = kind.split("/");
    while (!(await client.objects.knows({ apiVersion: `${group}/${version}`, kind: name }))) {
      children.throwIfInterrupted();
      if (performance.now() - began > KNOWN_MS) throw new CommandError(`the API server never came to know ${kind}`);
      await delay(100);
    }
  }
}

/** What the API server says to an object; what it cannot say anything of is named. */
async function answerTo(
  { client, isOwn }: ApiServer,
  object: KubernetesObject,
): Promise<{ readonly refusal?: string } | { readonly unasked: string }> {
  const { apiVersion, kind, metadata } = object;
  // They are no part of an installation, and need what it makes.
  if (/(^|,)\s*test/.test(metadata.annotations?.["helm.sh/hook"] ?? "")) return { unasked: "what helm test makes" };
  try {
    if (!(await client.objects.knows(object))) {
      return { unasked: `objects of the kind ${apiVersion} ${kind}, which the API server does not know` };
    }
    await client.objects.wouldCreate(object);
    return {};
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { message, status } = apiProblem(error);
    // Found out last: all else was taken.
    if (status === 409) return {};
    if (status === 404 && !isOwn)
      return { unasked: `objects in the namespace ${metadata.namespace ?? ""}: ${message}` };
    if (status === 0 || status === 401 || / User ".*" cannot /.test(message)) {
      throw new CommandError(`the API server does not let us ask: ${message}`);
    }
    return { refusal: `is refused by the API server: ${message}` };
  }
}

/** As Helm sends it: into the namespace of the release when it names none. */
function sentOf(object: KubernetesObject, { release }: RenderedRelease): KubernetesObject {
  const { metadata } = object;
  return { ...object, metadata: { ...metadata, namespace: metadata.namespace ?? release.namespace } };
}
