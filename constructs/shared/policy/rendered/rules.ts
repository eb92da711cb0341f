import { imageStanding, type ImageStanding } from "../../../../config/image-standing";
import { block, blocks, isTrue, strings, text, type Block } from "../model";
import { secretsIn } from "../rules/secrets";
import { BUILT_IN, hasLabels, meets, untolerated, type Ground } from "./ground";
import { publishedIn } from "./published-secrets";
import type { KubernetesObject } from "../../kubernetes-object";
import { nameOf, podOf, securityOf, type RenderedContainer, type RenderedPod } from "./object";

/** What a rule says about a rendered object. */
export interface RenderedProblem {
  /** `<kind>/<object>`, or `<kind>/<object>/<container>`. */
  readonly on: string;
  /** What is wrong with it, in a few words. */
  readonly problem: string;
}

interface RuleText {
  /** How to satisfy it. */
  readonly fix: string;
  /** Whether nothing may be said for it: it does not work, or a secret is out. @default false */
  readonly never?: true;
}

/** The rules on what charts render, and on the values that they are given. */
export const RENDERED_RULES = {
  ChartReadsValue: { fix: "take the value away, or spell its key as the chart does" },
  RenderedAdmitted: { fix: "satisfy the standard of the namespace, or let it live in node-agents", never: true },
  RenderedCapabilities: { fix: "drop ALL capabilities, and add none" },
  RenderedImage: { fix: "name it in config/images.ts, and set the chart's image from imageParts()" },
  RenderedKindKnown: { fix: "install its definition first, or switch it off", never: true },
  RenderedNamespace: { fix: "keep every object in the namespace of the release" },
  RenderedNoClusterAdmin: { fix: "bind a role that lists what is needed" },
  RenderedNoEscalation: { fix: "set allowPrivilegeEscalation: false, and run nothing privileged" },
  RenderedNoHostNamespace: { fix: "leave hostNetwork, hostPID and hostIPC off" },
  RenderedNoHostPath: { fix: "mount no folder and open no port of the node" },
  RenderedNoIngress: { fix: "switch it off: entrances are load balancers of this program" },
  RenderedNoLiteralSecret: { fix: "put the secret into Secrets Manager, and name its Secret here", never: true },
  RenderedNoLoadBalancer: { fix: "use a ClusterIP, or a NodePort that is named" },
  RenderedNonRoot: { fix: "set runAsNonRoot: true, and no user 0" },
  RenderedNoSecret: {
    fix: "let the chart use a Secret that is there: what it writes stands in Helm's release, and is the chart's default",
  },
  RenderedNoWildcard: { fix: "list the verbs, resources and API groups that are needed" },
  RenderedPlacement: { fix: "name a node group of the cluster by its label, and tolerate its taints", never: true },
  RenderedNoPublishedSecret: { fix: "give the chart a Secret of your own: everybody can read this one", never: true },
  RenderedPriority: { fix: "set priorityClassName to one of PRIORITY_CLASSES" },
  RenderedProbes: { fix: "give the container a readiness or a liveness probe" },
  RenderedReadOnlyRoot: { fix: "set readOnlyRootFilesystem: true" },
  RenderedResources: { fix: "set requests of processors and memory, and a memory limit" },
  RenderedSeccomp: { fix: "set seccompProfile.type: RuntimeDefault" },
  RenderedStable: { fix: "name a Secret, or set the value: what a chart makes up is new with each plan" },
  RenderedTaken: {
    fix: "give the chart a value that Kubernetes takes, or a chart that knows its version",
    never: true,
  },
} as const satisfies Readonly<Record<string, RuleText>>;

/** Id of such a rule. */
export type RenderedRule = keyof typeof RENDERED_RULES;

/** A finding of such a rule. */
export interface RenderedFinding extends RenderedProblem {
  /** The rule. */
  readonly rule: RenderedRule;
}

type Check = (object: KubernetesObject, ground: Ground) => readonly RenderedProblem[];

/** What stands in an ExternalSecret beside names of keys, and in its texts beside what the store fills in. */
function literalsOf(object: KubernetesObject): Block {
  const { data } = block(block(block(object, "spec"), "target"), "template");
  return Object.fromEntries(
    Object.entries((data ?? {}) as Readonly<Record<string, unknown>>).map(([key, value]) => [
      key,
      String(value).replaceAll(/\{\{[^]*?\}\}/g, ""),
    ]),
  );
}

/** Says something about each pod. */
const pods =
  (problem: (pod: RenderedPod, ground: Ground, object: KubernetesObject) => string | undefined): Check =>
  (object, ground) => {
    const pod = podOf(object);
    const found = pod && problem(pod, ground, object);
    return pod === undefined || found === undefined ? [] : [{ on: pod.on, problem: found }];
  };

/** Says something about each container whose pod is not an operator's to make. */
const containers =
  (problem: (container: RenderedContainer, pod: RenderedPod) => string | undefined, ofOperators = false): Check =>
  (object) => {
    const pod = podOf(object);
    if (pod === undefined || (pod.operated === true && !ofOperators)) return [];
    return pod.containers.flatMap((container) => {
      const found = problem(container, pod);
      return found === undefined ? [] : [{ on: container.on, problem: found }];
    });
  };

const objects =
  (problem: (object: KubernetesObject, ground: Ground) => string | undefined): Check =>
  (object, ground) => {
    const found = problem(object, ground);
    return found === undefined ? [] : [{ on: nameOf(object), problem: found }];
  };

const listed = (parts: readonly (string | false)[]): string | undefined => {
  const told = parts.filter((part) => part !== false);
  return told.length === 0 ? undefined : told.join(", ");
};

const SECURITY = {
  RenderedNonRoot: containers((container, pod) => {
    const user = securityOf(pod, container, "runAsUser");
    if (user === 0) return "runs as root";
    return isTrue(securityOf(pod, container, "runAsNonRoot")) ? undefined : "may run as root";
  }),
  RenderedNoEscalation: containers(({ body }) => {
    const { allowPrivilegeEscalation, privileged } = block(body, "securityContext");
    if (isTrue(privileged)) return "is privileged";
    return allowPrivilegeEscalation === false ? undefined : "may gain rights";
  }),
  RenderedCapabilities: containers(({ body }) => {
    const { add, drop } = block(block(body, "securityContext"), "capabilities");
    if (!strings(drop).includes("ALL")) return "keeps capabilities of its image";
    return strings(add).length === 0 ? undefined : `has the capabilities ${strings(add).join(", ")}`;
  }),
  RenderedSeccomp: containers((container, pod) => {
    const profile = (securityOf(pod, container, "seccompProfile") ?? {}) as Block;
    return ["RuntimeDefault", "Localhost"].includes(text(profile["type"])) ? undefined : "may make every system call";
  }),
  RenderedNoHostNamespace: pods(({ spec }) => {
    const shared = ["hostNetwork", "hostPID", "hostIPC"].filter((setting) => isTrue(spec[setting]));
    return shared.length === 0 ? undefined : `shares its node's namespaces: ${shared.join(", ")}`;
  }),
  RenderedNoHostPath: pods(({ containers: all, spec }) => {
    const folders = blocks(spec, "volumes").flatMap((volume) => strings(block(volume, "hostPath")["path"]));
    const ports = all
      .flatMap(({ body }) => blocks(body, "ports"))
      .flatMap(({ hostPort }) => (typeof hostPort === "number" ? [hostPort] : []));
    return listed([
      folders.length > 0 && `mounts ${folders.join(", ")} of its node`,
      ports.length > 0 && `opens port ${ports.join(", ")} of its node`,
    ]);
  }),
} as const satisfies Partial<Record<RenderedRule, Check>>;

/** What each standard refuses of these. @see https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
const REFUSED: Readonly<Record<Ground["standard"], readonly (keyof typeof SECURITY)[]>> = {
  restricted: Object.keys(SECURITY) as (keyof typeof SECURITY)[],
  baseline: ["RenderedNoHostNamespace", "RenderedNoHostPath"],
  privileged: [],
};

const RIGHTS = /^(Role|ClusterRole)$/;

const CHECKS: Readonly<Partial<Record<RenderedRule, Check>>> = {
  ...SECURITY,
  RenderedAdmitted: (object, ground) => {
    const refused = REFUSED[ground.standard].flatMap((rule) => SECURITY[rule](object, ground));
    const privileged = ground.standard === "baseline" ? SECURITY.RenderedNoEscalation(object, ground) : [];
    const all = [...refused, ...privileged.filter(({ problem }) => problem === "is privileged")];
    const problems = [...new Set(all.map(({ on, problem }) => `${on} ${problem}`))];
    return problems.length === 0
      ? []
      : [
          {
            on: nameOf(object),
            problem: `is refused by the standard ${ground.standard} of ${ground.namespace}: ${problems.join("; ")}`,
          },
        ];
  },
  RenderedReadOnlyRoot: containers(({ body }) =>
    isTrue(block(body, "securityContext")["readOnlyRootFilesystem"]) ? undefined : "may write its own files",
  ),
  RenderedResources: containers(({ body }) => {
    const resources = block(body, "resources");
    const [requests, limits] = [block(resources, "requests"), block(resources, "limits")];
    const missing = listed([
      requests["cpu"] === undefined && "requests.cpu",
      requests["memory"] === undefined && "requests.memory",
      limits["memory"] === undefined && "limits.memory",
    ]);
    return missing === undefined ? undefined : `has no ${missing}`;
  }, true),
  RenderedProbes: containers(({ body, init }, { endless }) =>
    endless &&
    !init &&
    blocks(body, "ports").length > 0 &&
    body["readinessProbe"] === undefined &&
    body["livenessProbe"] === undefined
      ? "has ports, and nobody asks whether it is well"
      : undefined,
  ),
  RenderedImage: (object) =>
    imagesIn(object).flatMap(({ on, reference }) => {
      const standing = IMAGE_PROBLEMS[imageStanding(reference)];
      return standing === undefined ? [] : [{ on, problem: `runs ${reference}, ${standing}` }];
    }),
  RenderedPriority: pods(({ spec }, { priorities }) => {
    const name = text(spec["priorityClassName"]);
    if (name.startsWith("system-") || priorities.has(name)) return undefined;
    return name === "" ? "has no priority" : `has the priority ${name}, which no cluster has`;
  }),
  RenderedPlacement: pods(({ spec }, { nodes }) => placement(spec, nodes)),
  RenderedNamespace: objects(({ kind, metadata }, { namespace }) => {
    if (kind === "Namespace") return "makes a namespace, which would be open";
    const own = metadata.namespace;
    return own === undefined || own === namespace ? undefined : `stands in ${own}, not in ${namespace}`;
  }),
  RenderedNoSecret: objects((object) => {
    if (object.kind !== "Secret") return undefined;
    const keys = [...Object.keys(block(object, "data")), ...Object.keys(block(object, "stringData"))];
    return keys.length === 0 ? undefined : `holds ${keys.join(", ")}`;
  }),
  RenderedNoLiteralSecret: objects((object) => {
    if (object.kind === "Secret" || object.kind === "CustomResourceDefinition") return undefined;
    return listed(secretsIn(object.kind === "ExternalSecret" ? literalsOf(object) : object));
  }),
  RenderedNoPublishedSecret: objects((object) => {
    const found = publishedIn(object);
    return found.length === 0 ? undefined : `holds what the chart publishes: ${found.join(", ")}`;
  }),
  RenderedNoWildcard: objects((object) => {
    if (!RIGHTS.test(object.kind)) return undefined;
    const wide = blocks(object, "rules").some((rule) =>
      ["apiGroups", "resources", "verbs"].some((part) => strings(rule[part]).includes("*")),
    );
    return wide ? "grants *" : undefined;
  }),
  RenderedNoClusterAdmin: objects((object) =>
    /^(Cluster)?RoleBinding$/.test(object.kind) && block(object, "roleRef")["name"] === "cluster-admin"
      ? "binds the role cluster-admin"
      : undefined,
  ),
  RenderedNoLoadBalancer: objects((object) => {
    if (object.kind !== "Service") return undefined;
    const spec = block(object, "spec");
    const loose = blocks(spec, "ports").some(({ nodePort }) => nodePort === undefined || nodePort === null);
    if (spec["type"] === "LoadBalancer") return "asks for a load balancer that Terraform does not know";
    if (strings(spec["externalIPs"]).length > 0) return "takes addresses that are not its own";
    return spec["type"] === "NodePort" && loose ? "opens whichever port of the nodes is free" : undefined;
  }),
  RenderedNoIngress: objects(({ kind }) =>
    ["Ingress", "IngressClass", "Gateway", "HTTPRoute"].includes(kind)
      ? "is an entrance beside the program's"
      : undefined,
  ),
  RenderedKindKnown: objects(({ apiVersion, kind }, { customKinds }) =>
    BUILT_IN.has(apiVersion) || customKinds.has(`${apiVersion}/${kind}`)
      ? undefined
      : `is of ${apiVersion}, which no definition on the cluster brings`,
  ),
};

const IMAGE_PROBLEMS: Readonly<Record<ImageStanding, string | undefined>> = {
  "by digest": undefined,
  // Told once, for all of them.
  "not locked": undefined,
  "digest not used": "not by the digest of config/images.lock.json",
  "not listed": "which config/images.ts does not list",
};

/** An argument that tells a program which image it shall run: `--config-reloader=quay.io/…:v1`. */
const IMAGE_ARGUMENT = /^--?[\w-]+=([\w-]+(?:\.[\w-]+)+(?::\d+)?(?:\/[\w.-]+)+:[\w.-]+(?:@sha256:[0-9a-f]{64})?)$/;

/** The images that an object runs, or tells a program to run. */
export function imagesIn(object: KubernetesObject): readonly { readonly on: string; readonly reference: string }[] {
  return (podOf(object)?.containers ?? []).flatMap(({ body, on }) => {
    const told = [...strings(body["args"]), ...strings(body["command"])].flatMap((argument) => {
      const [, image] = IMAGE_ARGUMENT.exec(argument) ?? [];
      return image === undefined ? [] : [image];
    });
    return [...strings(body["image"]), ...told].map((reference) => ({ on, reference }));
  });
}

/** Why no group of nodes takes a pod. */
function placement(spec: Block, nodes: Ground["nodes"]): string | undefined {
  const selector = block(spec, "nodeSelector");
  const tolerations = blocks(spec, "tolerations");
  const affinity = block(block(spec, "affinity"), "nodeAffinity");
  const terms = blocks(block(affinity, "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");
  const wanted = nodes.filter(
    (group) =>
      hasLabels(group, selector) &&
      (terms.length === 0 ||
        terms.some((term) => blocks(term, "matchExpressions").every((expression) => meets(group, expression)))),
  );
  if (wanted.length === 0) {
    return `asks for nodes that the cluster has not: ${JSON.stringify(terms.length === 0 ? selector : { selector, terms })}`;
  }
  const kept = wanted.map((group) => ({ group, taints: untolerated(group, tolerations) }));
  if (kept.some(({ taints }) => taints.length === 0)) return undefined;
  return `tolerates none of its nodes' taints: ${kept.map(({ group, taints }) => `${group.name} (${taints.join(", ")})`).join(", ")}`;
}

/** What the rules find in a release's objects. Helm's tests are left out: nothing starts them. */
export function renderedFindings(rendered: readonly KubernetesObject[], ground: Ground): readonly RenderedFinding[] {
  const judged = rendered.filter(({ metadata }) => !/(^|,)\s*test/.test(metadata.annotations?.["helm.sh/hook"] ?? ""));
  return Object.entries(CHECKS).flatMap(([rule, check]) =>
    judged.flatMap((object) => check(object, ground).map((found) => ({ rule: rule as RenderedRule, ...found }))),
  );
}
