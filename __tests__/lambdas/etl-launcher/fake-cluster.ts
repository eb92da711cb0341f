import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { CronJob, Job, Pod } from "../../../lambdas/etl-launcher/kubernetes";
import type { Authority } from "./certificate";
import { newAuthority } from "./certificate";

/** AWS documentation's example credentials, which the function has in these tests. */
export const CREDENTIALS = {
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  AWS_SESSION_TOKEN: "AQoDYXdzEJr//example+session==",
};

export const CLUSTER_ID = "k8s.dev.opsdx.io";

/** A misbehaviour of the API. */
export type Fault =
  /** Answers this. */
  | { readonly status: number; readonly body: string }
  /** Never answers. */
  | "hang"
  /** Closes the connection at once. */
  | "drop"
  /** Closes the connection in the middle of the answer. */
  | "cut";

/** A call that arrived. */
export interface Call {
  readonly verb: "get" | "list" | "create";
  readonly resource: string;
  readonly token: string;
  readonly path: string;
}

/** A `Status` of the API, as JSON. */
export function statusBody(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason, message, code });
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** The URL within a token. */
export function urlOf(token: string): URL {
  return new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
}

/**
 * What aws-iam-authenticator and STS object to in a token, or undefined: written from their documentation, with no code of the signer.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function objection(token: string, clusterId: string, now: Date): string | undefined {
  if (!token.startsWith("k8s-aws-v1.")) return "prefix";
  if (!/^k8s-aws-v1\.[\w-]+$/.test(token)) return "not base64url without padding";
  const { protocol, host, pathname, searchParams } = urlOf(token);
  if (protocol !== "https:" || host !== "sts.us-east-1.amazonaws.com" || pathname !== "/") return "endpoint";
  const query = Object.fromEntries(searchParams);
  if (query["Action"] !== "GetCallerIdentity" || query["Version"] !== "2011-06-15") return "action";
  if (query["X-Amz-SignedHeaders"] !== "host;x-k8s-aws-id") return "signed headers";
  if (query["X-Amz-Security-Token"] !== CREDENTIALS.AWS_SESSION_TOKEN) return "session";
  const date = query["X-Amz-Date"] ?? "";
  const signed = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
  if (!(Math.abs(now.getTime() - signed) < 900_000) || Number(query["X-Amz-Expires"]) > 900) return "expired";

  const scope = `${date.slice(0, 8)}/us-east-1/sts/aws4_request`;
  if (query["X-Amz-Credential"] !== `${CREDENTIALS.AWS_ACCESS_KEY_ID}/${scope}`) return "credential";
  const canonicalQuery = Object.entries(query)
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join("&");
  const headers = `host:${host}\nx-k8s-aws-id:${clusterId}\n`;
  const canonical = ["GET", "/", canonicalQuery, headers, "host;x-k8s-aws-id", sha256("")].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
  const key = scope.split("/").reduce<string | Buffer>(hmac, `AWS4${CREDENTIALS.AWS_SECRET_ACCESS_KEY}`);
  return hmac(key, toSign).toString("hex") === query["X-Amz-Signature"] ? undefined : "signature";
}

/** A Kubernetes API over TLS on the loopback, as far as CronJobs, Jobs and pods of one namespace go. */
export class FakeCluster {
  readonly templates = new Map<string, CronJob>();
  readonly jobs = new Map<string, Job>();
  readonly pods: Pod[] = [];
  readonly calls: Call[] = [];
  /** Decides which calls go wrong, and how. */
  fault: (call: Call, count: number) => Fault | undefined = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly authority: Authority,
  ) {}

  static async start(hostname?: string): Promise<FakeCluster> {
    const authority = newAuthority("opsdx test authority");
    const { certificate, key } = authority.issue(hostname);
    const server = createServer({ cert: certificate, key });
    const cluster = new FakeCluster(server, authority);
    server.on("request", (request, response) => void cluster.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return cluster;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The launcher's environment variables for this cluster. */
  get environment(): Record<string, string> {
    return {
      ...CREDENTIALS,
      CLUSTER_ENDPOINT: `https://localhost:${(this.server.address() as AddressInfo).port}`,
      CLUSTER_ID,
      CLUSTER_CA: Buffer.from(this.authority.certificate).toString("base64"),
      NAMESPACE: "etl",
      METRIC_NAMESPACE: "OpsDX/ETL",
      ENVIRONMENT: "dev",
    };
  }

  /** Puts a suspended CronJob there. */
  addTemplate(name: string, jobTemplate: CronJob["spec"]["jobTemplate"]): void {
    this.templates.set(name, {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name, uid: `uid-of-${name}` },
      spec: { jobTemplate },
    });
  }

  /** Gives a Job a status, as the Job controller would. */
  setStatus(name: string, status: Job["status"]): void {
    const job = this.jobs.get(name);
    if (job === undefined) throw new Error(`No Job ${name}`);
    this.jobs.set(name, { ...job, status });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = (code: number, body: string): void => {
      response.writeHead(code, { "content-type": "application/json" }).end(body);
    };
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);

    const url = new URL(request.url ?? "/", "https://localhost");
    const [, resource = "", name] =
      /^\/api(?:s\/batch)?\/v1\/namespaces\/etl\/(\w+)(?:\/(.+))?$/.exec(url.pathname) ?? [];
    const verb = request.method === "POST" ? "create" : name === undefined ? "list" : "get";
    const token = (request.headers.authorization ?? "").replace("Bearer ", "");
    const call: Call = { verb, resource, token, path: `${request.method ?? ""} ${request.url ?? ""}` };
    this.calls.push(call);

    const fault = this.fault(call, this.calls.length);
    if (fault === "hang") return;
    if (fault === "drop") {
      request.socket.destroy();
      return;
    }
    if (fault === "cut") {
      response.writeHead(200, { "content-length": 1000 }).write("{");
      setImmediate(() => request.socket.destroy());
      return;
    }
    if (fault !== undefined) {
      answer(fault.status, fault.body);
      return;
    }
    if (objection(token, CLUSTER_ID, new Date()) !== undefined) {
      answer(401, statusBody(401, "Unauthorized", "Unauthorized"));
      return;
    }
    if (verb === "get") this.get(name ?? "", answer);
    else if (verb === "list") this.list(resource, url.searchParams.get("labelSelector") ?? "", answer);
    else this.create(JSON.parse(Buffer.concat(chunks).toString()) as Job, answer);
  }

  private get(name: string, answer: (code: number, body: string) => void): void {
    const template = this.templates.get(name);
    if (template === undefined) answer(404, statusBody(404, "NotFound", `cronjobs.batch "${name}" not found`));
    else answer(200, JSON.stringify(template));
  }

  private list(resource: string, selector: string, answer: (code: number, body: string) => void): void {
    const [label = "", value] = selector.split("=");
    const all = resource === "pods" ? this.pods : [...this.jobs.values()];
    const items = all.filter(({ metadata }) => metadata.labels?.[label] === value);
    answer(200, JSON.stringify({ kind: "List", items }));
  }

  private create(job: Job, answer: (code: number, body: string) => void): void {
    const { name, labels = {} } = job.metadata;
    if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
      answer(422, statusBody(422, "Invalid", `Job.batch "${name}" is invalid: metadata.name`));
    } else if (!Object.values(labels).every((value) => /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value))) {
      answer(422, statusBody(422, "Invalid", `Job.batch "${name}" is invalid: metadata.labels`));
    } else if (this.jobs.has(name)) {
      answer(409, statusBody(409, "AlreadyExists", `jobs.batch "${name}" already exists`));
    } else {
      this.jobs.set(name, job);
      answer(201, JSON.stringify(job));
    }
  }
}
