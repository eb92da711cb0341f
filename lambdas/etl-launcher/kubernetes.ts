import { Agent, request } from "node:https";
import type { FailureReason } from "./failure";
import { LaunchFailure } from "./failure";
import { withoutTokens } from "./token";

/** An environment variable of a container: a value, or a reference. */
export interface EnvVar {
  /** Its name. */
  readonly name: string;
  /** Its value. @default - a reference, or empty */
  readonly value?: string;
  /** Where its value comes from; passed through. @default - a value, or empty */
  readonly valueFrom?: unknown;
}

interface ObjectMeta {
  readonly name: string;
  readonly uid?: string;
  readonly creationTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly unknown[];
}

interface PodTemplate {
  readonly spec: {
    readonly containers: readonly { readonly env?: readonly EnvVar[] }[];
  };
}

/** A Job, as far as the launcher knows it; the rest passes through. */
export interface Job {
  /** `batch/v1`. */
  readonly apiVersion: string;
  /** `Job`. */
  readonly kind: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** What runs. */
  readonly spec: { readonly template: PodTemplate };
  /** How it goes; the API writes it. @default - the API has not written it */
  readonly status?: {
    readonly active?: number;
    readonly conditions?: readonly Condition[];
  };
}

/** One of the things that the API says of a Job or a pod. */
export interface Condition {
  /** What it says, for example `Failed`. */
  readonly type: string;
  /** Whether that is so: `True`, `False` or `Unknown`. */
  readonly status: string;
  /** Why, in one word. @default - nobody said */
  readonly reason?: string;
  /** Why, in a sentence. @default - nobody said */
  readonly message?: string;
  /** Since when. @default - nobody said */
  readonly lastTransitionTime?: string;
}

/** Why a container waits, or how it ended. */
export interface ContainerState {
  /** It has not started. @default - it has */
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  /** It has ended. @default - it has not */
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}

/** A pod, as far as the launcher knows it. */
export interface Pod {
  /** Name, labels and when it was made. */
  readonly metadata: ObjectMeta;
  /** How it goes; the API writes it. @default - the API has not written it */
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { readonly state?: ContainerState }[];
  };
}

/** A CronJob, as far as the launcher knows it. */
export interface CronJob {
  /** `batch/v1`. */
  readonly apiVersion: string;
  /** `CronJob`. */
  readonly kind: string;
  /** Name, labels and annotations. */
  readonly metadata: ObjectMeta;
  /** The template of its Jobs. */
  readonly spec: { readonly jobTemplate: { readonly metadata?: Partial<ObjectMeta>; readonly spec: Job["spec"] } };
}

/** How to reach the API. */
export interface KubernetesApiProps {
  /** The API's URL. */
  readonly endpoint: string;
  /** The cluster's certificate authority, PEM. Nothing else is trusted. */
  readonly ca: string;
  /** Namespace of every call. */
  readonly namespace: string;
  /** Makes a token. Asked once, and once more after a 401. */
  readonly token: () => Promise<string>;
  /** Called when a 401 made a second token necessary. */
  readonly onRefresh: () => void;
  /** Limit of one call, from name lookup to last byte. */
  readonly callTimeoutMs: number;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const MESSAGE_LIMIT = 500;

/** Where the kinds of an API group stand. */
const ROOTS = { batch: "/apis/batch/v1", core: "/api/v1" } as const;

function untrusted(code: string): boolean {
  return /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_|ERR_TLS_CERT)/.test(code);
}

/** What a failed call's status means. 404 and 409 mean something to the caller only, who asks first. */
function reasonOf(status: number, message: string): FailureReason {
  if (status === 401) return "Unauthorized";
  if (status === 403) return message.includes("exceeded quota") ? "QuotaExceeded" : "Forbidden";
  if (status === 409) return "QuotaConflict";
  if (status === 429) return "Throttled";
  if (status >= 500) return "ServerError";
  if (status >= 400) return "Rejected";
  return "UnexpectedResponse";
}

/** The calls to a Kubernetes API that a launch or a look at runs needs. One object serves one of them. */
export class KubernetesApi {
  readonly #props: KubernetesApiProps;
  readonly #agent: Agent;
  #token: string | undefined;
  #refreshed = false;

  constructor(props: KubernetesApiProps) {
    this.#props = props;
    // The calls of one launch share a connection. It does not outlive the launch: a frozen function would wake up with a dead one.
    this.#agent = new Agent({ ca: props.ca, keepAlive: true, maxSockets: 1 });
  }

  /** The CronJob of a name. */
  async cronJob(name: string): Promise<CronJob> {
    const what = `get cronjob ${name}`;
    const answer = await this.#call("GET", "batch", `cronjobs/${name}`, what);
    if (answer.status === 404) throw this.#failure("TemplateMissing", what, answer);
    return this.#object(what, answer) as CronJob;
  }

  /** All Jobs with a label. */
  async jobs(label: string, value: string): Promise<readonly Job[]> {
    return (await this.#list("batch", "jobs", label, value)) as readonly Job[];
  }

  /** All pods with a label. */
  async pods(label: string, value: string): Promise<readonly Pod[]> {
    return (await this.#list("core", "pods", label, value)) as readonly Pod[];
  }

  /** Creates a Job. False when one of that name exists. */
  async create(job: Job): Promise<boolean> {
    const what = `create job ${job.metadata.name}`;
    const answer = await this.#call("POST", "batch", "jobs?fieldManager=opsdx-etl-launcher", what, JSON.stringify(job));
    // A quota changed by two writers is also a 409: https://github.com/kubernetes/kubernetes/issues/67761
    if (answer.status === 409 && status(answer).reason === "AlreadyExists") return false;
    this.#object(what, answer);
    return true;
  }

  /** Closes the connection. */
  close(): void {
    this.#agent.destroy();
  }

  async #list(api: keyof typeof ROOTS, kind: string, label: string, value: string): Promise<readonly unknown[]> {
    const what = `list ${kind} ${label}=${value}`;
    const selector = encodeURIComponent(`${label}=${value}`);
    const answer = await this.#call("GET", api, `${kind}?labelSelector=${selector}`, what);
    return (this.#object(what, answer) as { readonly items: readonly unknown[] }).items;
  }

  async #call(method: string, api: keyof typeof ROOTS, path: string, what: string, body?: string): Promise<Answer> {
    this.#token ??= await this.#props.token();
    const send = (): Promise<Answer> =>
      this.#send(method, `${ROOTS[api]}/namespaces/${this.#props.namespace}/${path}`, what, body);
    const answer = await send();
    if (answer.status !== 401 || this.#refreshed) return answer;
    this.#refreshed = true;
    this.#props.onRefresh();
    this.#token = await this.#props.token();
    return await send();
  }

  async #send(method: string, path: string, what: string, body: string | undefined): Promise<Answer> {
    const { endpoint, callTimeoutMs } = this.#props;
    const signal = AbortSignal.timeout(callTimeoutMs);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const call = request(
          new URL(path, endpoint),
          {
            method,
            agent: this.#agent,
            signal,
            headers: {
              accept: "application/json",
              authorization: `Bearer ${this.#token ?? ""}`,
              "user-agent": "opsdx-etl-launcher",
              ...(body !== undefined && {
                "content-type": "application/json",
                "content-length": Buffer.byteLength(body),
              }),
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () =>
              resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
            );
          },
        );
        call.on("error", reject);
        call.end(body);
      });
    } catch (error) {
      if (signal.aborted) throw new LaunchFailure("Timeout", `${what}: no answer within ${callTimeoutMs} ms`);
      const { code = "", message } = error as NodeJS.ErrnoException;
      throw new LaunchFailure(untrusted(code) ? "Untrusted" : "Unreachable", `${what}: ${code} ${message}`);
    }
  }

  #object(what: string, answer: Answer): unknown {
    if (answer.status < 200 || answer.status > 299) {
      throw this.#failure(reasonOf(answer.status, status(answer).message ?? ""), what, answer);
    }
    try {
      return JSON.parse(answer.text);
    } catch {
      throw this.#failure("UnexpectedResponse", what, answer);
    }
  }

  #failure(reason: FailureReason, what: string, answer: Answer): LaunchFailure {
    const message = withoutTokens(status(answer).message ?? "no message").slice(0, MESSAGE_LIMIT);
    return new LaunchFailure(reason, `${what}: ${answer.status} ${message}`);
  }
}

/** Reason and message of the API's `Status`, which a proxy's error page does not have. */
function status(answer: Answer): { readonly reason?: string; readonly message?: string } {
  try {
    return JSON.parse(answer.text) as { readonly reason?: string; readonly message?: string };
  } catch {
    return {};
  }
}
