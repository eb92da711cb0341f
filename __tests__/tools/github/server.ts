import http from "node:http";
import type { AddressInfo } from "node:net";
import type { components } from "@octokit/openapi-types";
import type { PullRequestAnswer } from "../../../tools/github/pull-request";

type Schemas = components["schemas"];
type Person = Schemas["simple-user"];
/** What is served is a part of what GitHub serves: each with the names and types of its API's description. */
type Comment = Pick<Schemas["issue-comment"], "id" | "html_url" | "body" | "user" | "created_at" | "updated_at">;
type Issue = Pick<Schemas["issue"], "number" | "state" | "locked" | "body" | "title">;
type Pull = Pick<Schemas["pull-request-simple"], "number" | "state" | "title" | "html_url">;
type Activity = Pick<Schemas["activity"], "id" | "before" | "after" | "ref" | "timestamp" | "activity_type" | "actor">;
type Commit = Pick<Schemas["commit"], "sha" | "author" | "committer"> & {
  commit: Pick<Schemas["commit"]["commit"], "author" | "message">;
};
type Permission = Pick<Schemas["repository-collaborator-permission"], "permission" | "role_name">;
type LabelEvent = Pick<Schemas["labeled-issue-event"], "id" | "event" | "actor" | "created_at" | "label">;
type OtherEvent = Pick<Schemas["state-change-issue-event"], "id" | "event" | "actor" | "created_at">;

/** A pull request of the stand-in, which its tests change. */
export interface FakePull {
  number: number;
  state: "open" | "closed";
  locked: boolean;
  body: string;
  editedAt: string | null;
  author: string | null;
  head: string;
  branch: string;
  fork: boolean;
  labels: string[];
  comments: Comment[];
  timeline: (LabelEvent | OtherEvent)[];
  commits: Commit[];
}

/** Whose a token is, and what it may. */
export interface FakeToken {
  readonly login: string;
  /** Rights of an app's token, as a workflow names them. A person's may all. */
  readonly rights?: Readonly<Partial<Record<Right, "read" | "write">>>;
}
type Right = "contents" | "issues" | "pull_requests" | "metadata";

interface Asked {
  readonly method: string;
  readonly path: string;
}

/** Something that comes between: what is done before an answer, or answered instead. */
interface Between {
  readonly matches: (asked: Asked) => boolean;
  readonly act: () => Answer | undefined;
  times: number;
}

interface Answer {
  readonly status: number;
  /** It never comes. */
  readonly late?: boolean;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const REPOSITORY = "octo/cloud";
const BODY_LIMIT = 65_536;
const PAGE = 30;
const PAGE_LIMIT = 100;

/** A person, or an app when the login says so. */
export function person(login: string): Person {
  const type = login.endsWith("[bot]") ? "Bot" : "User";
  const url = `https://api.github.com/users/${login}`;
  return {
    login,
    type,
    url,
    id: Number.parseInt(Buffer.from(login).toString("hex").slice(0, 8), 16),
    node_id: login,
    avatar_url: url,
    gravatar_id: null,
    html_url: url,
    followers_url: url,
    following_url: url,
    gists_url: url,
    starred_url: url,
    subscriptions_url: url,
    organizations_url: url,
    repos_url: url,
    events_url: url,
    received_events_url: url,
    site_admin: false,
  };
}

/**
 * A stand-in of GitHub's API on loopback: the state of one repository in memory, and the limits that the real one has. Bodies of 65,536
 * characters, pages of 30 with links, rights by token, others' comments, a secondary rate limit.
 */
export class FakeGithub {
  /** Every call, `GET /repos/octo/cloud/issues/7`, in order. */
  public readonly calls: string[] = [];
  /** By token. */
  public readonly tokens = new Map<string, FakeToken>([
    [
      "ghs_actions",
      { login: "github-actions[bot]", rights: { contents: "read", pull_requests: "write", metadata: "read" } },
    ],
    ["ghp_ada", { login: "ada" }],
  ]);
  /** By login: the legacy permission of who is a collaborator. */
  public readonly permissions = new Map<string, string>([
    ["ada", "admin"],
    ["grace", "write"],
    ["linus", "write"],
    ["triss", "read"],
  ]);
  /** Of all branches, the newest first. */
  public readonly activities: Activity[] = [];
  public readonly pulls = new Map<number, FakePull>();
  /** Whether the calls of apps may ask GraphQL whose token it is. */
  public viewerForApps = true;
  private readonly between: Between[] = [];
  private readonly server = http.createServer((request, response) => void this.serve(request, response));
  private seconds = 0;
  private ids = 100;

  /** Starts it. */
  public async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  /** Its address. */
  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends it. */
  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The next moment of GitHub's clock, a second later. */
  public tick(): string {
    this.seconds += 1;
    return new Date(Date.UTC(2026, 10, 29, 12) + this.seconds * 1_000).toISOString().replace(".000", "");
  }

  /** A number that was given to nothing. */
  public nextId(): number {
    this.ids += 1;
    return this.ids;
  }

  /** Calls that changed something. */
  public get writes(): readonly string[] {
    return this.calls.filter((call) => !call.startsWith("GET ") && call !== "POST /graphql");
  }

  /** A pull request of linus, with one commit that he pushed. */
  public open(changes: Partial<FakePull> = {}): FakePull {
    const pull: FakePull = {
      number: 7,
      state: "open",
      locked: false,
      body: "",
      editedAt: null,
      author: "linus",
      head: "",
      branch: "bigger-db",
      fork: false,
      labels: [],
      comments: [],
      timeline: [],
      commits: [],
      ...changes,
    };
    this.pulls.set(pull.number, pull);
    if (pull.head === "") this.push(pull, "linus", "branch_creation");
    return pull;
  }

  /** Pushes a commit. Its date is whatever its author says: here always long ago. */
  public push(pull: FakePull, by: string, type: Activity["activity_type"] = "push"): void {
    const before = pull.head === "" ? "0".repeat(40) : pull.head;
    pull.head = this.nextId().toString(16).padStart(40, "c");
    const author = { name: by, email: `${by}@example.com`, date: "2001-01-01T00:00:00Z" };
    pull.commits.push({
      sha: pull.head,
      author: person(by),
      committer: person(by),
      commit: { author, message: "A bigger database" },
    });
    this.activities.unshift({
      id: this.nextId(),
      before,
      after: pull.head,
      ref: `refs/heads/${pull.branch}`,
      timestamp: this.tick(),
      activity_type: type,
      actor: person(by),
    });
  }

  /** Puts a label on, or takes it off. */
  public label(
    pull: FakePull,
    by: string,
    name = "destroy-approved",
    event: "labeled" | "unlabeled" = "labeled",
  ): void {
    pull.labels = [...pull.labels.filter((label) => label !== name), ...(event === "labeled" ? [name] : [])];
    pull.timeline.push({
      id: this.nextId(),
      event,
      actor: person(by),
      created_at: this.tick(),
      label: { name, color: "d73a4a" },
    });
  }

  /** Edits the description. */
  public edit(pull: FakePull, body: string): void {
    pull.body = body;
    pull.editedAt = this.tick();
  }

  /** Writes a comment, as someone's browser does. */
  public comment(pull: FakePull, by: string, body: string): Comment {
    const id = this.nextId();
    const at = this.tick();
    const comment: Comment = {
      id,
      body,
      user: person(by),
      html_url: `https://github.com/${REPOSITORY}/pull/${pull.number}#issuecomment-${id}`,
      created_at: at,
      updated_at: at,
    };
    pull.comments.push(comment);
    return comment;
  }

  /** Does something before the next call that is like this one, `PATCH comments`, is answered. */
  public before(like: string, act: () => void): void {
    this.come(like, 1, () => {
      act();
      return undefined;
    });
  }

  /** Answers the next calls that are like this one with a fault. */
  public fail(like: string, answer: Answer, times = 1): void {
    this.come(like, times, () => answer);
  }

  private come(like: string, times: number, act: () => Answer | undefined): void {
    const [method = "", part = ""] = like.split(" ");
    this.between.push({ times, act, matches: (asked) => asked.method === method && asked.path.includes(part) });
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", this.url);
    const asked: Asked = { method: request.method ?? "", path: url.pathname };
    this.calls.push(`${asked.method} ${asked.path}`);
    const between = this.between.find(({ times, matches }) => times > 0 && matches(asked));
    if (between !== undefined) between.times -= 1;
    const token = this.tokens.get((request.headers.authorization ?? "").replace(/^(token|bearer) /i, ""));
    const text = Buffer.concat(chunks).toString("utf8");
    const answer =
      between?.act() ??
      (token === undefined
        ? { status: 401, body: { message: "Bad credentials" } }
        : this.answer(asked, url, token, (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>));
    if (answer.late === true) return;
    const { headers, body } = Array.isArray(answer.body)
      ? paged(url, answer.body as unknown[])
      : { body: answer.body, headers: {} };
    response.writeHead(answer.status, {
      "content-type": "application/json; charset=utf-8",
      ...headers,
      ...answer.headers,
    });
    response.end(body === undefined ? "" : JSON.stringify(body));
  }

  private answer({ method, path }: Asked, url: URL, token: FakeToken, sent: Record<string, unknown>): Answer {
    if (path === "/graphql") return this.graphql(token, sent);
    // As GitHub does: the tokens of apps are nobody's.
    if (path === "/user") return token.rights === undefined ? ok(person(token.login)) : FORBIDDEN;
    const within = `/repos/${REPOSITORY}/`;
    if (!path.startsWith(within)) return MISSING;
    const rest = path.slice(within.length);
    const route = (pattern: RegExp): string | undefined => pattern.exec(`${method} ${rest}`)?.[1];

    const user = route(/^GET collaborators\/([^/]+)\/permission$/);
    if (user !== undefined) return allowed(token, ["metadata"], "read") ?? this.permission(user);
    if (route(/^(GET) activity$/) !== undefined) {
      const ref = url.searchParams.get("ref");
      return allowed(token, ["contents"], "read") ?? ok(this.activities.filter((activity) => activity.ref === ref));
    }
    if (route(/^(GET) pulls$/) !== undefined) {
      const open = [...this.pulls.values()].filter(({ state }) => state === "open");
      return allowed(token, ["pull_requests"], "read") ?? ok(open.map(pullOf));
    }
    const edited = route(/^(?:PATCH|DELETE) issues\/comments\/(\d+)$/);
    if (edited !== undefined) return this.change(method, Number(edited), token, sent);
    const pull = this.pulls.get(Number(route(/^\w+ (?:issues|pulls)\/(\d+)/)));
    if (pull === undefined) return MISSING;
    const either = ["issues", "pull_requests"] as const;
    switch (`${method} ${rest.replace(/\d+/, "n")}`) {
      case "GET issues/n":
        return allowed(token, either, "read") ?? ok(issueOf(pull));
      case "GET issues/n/comments":
        return allowed(token, either, "read") ?? ok(pull.comments);
      case "POST issues/n/comments":
        return this.create(pull, token, sent);
      case "GET issues/n/timeline":
        return allowed(token, either, "read") ?? ok(pull.timeline);
      case "GET pulls/n/commits":
        return allowed(token, ["pull_requests"], "read") ?? ok(pull.commits.slice(0, 250));
      default:
        return MISSING;
    }
  }

  private graphql(token: FakeToken, { query, variables }: Record<string, unknown>): Answer {
    if (String(query).includes("viewer")) {
      if (token.rights !== undefined && !this.viewerForApps) {
        return ok({ data: null, errors: [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }] });
      }
      return ok({ data: { viewer: { login: token.login } } });
    }
    const refused = allowed(token, ["pull_requests"], "read");
    if (refused !== undefined) {
      return ok({ data: null, errors: [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }] });
    }
    const { owner, repo, number } = variables as {
      readonly owner: string;
      readonly repo: string;
      readonly number: number;
    };
    const pull = `${owner}/${repo}` === REPOSITORY ? this.pulls.get(number) : undefined;
    if (pull === undefined) {
      const message = `Could not resolve to a PullRequest with the number of ${number}.`;
      return ok({ data: { repository: { pullRequest: null } }, errors: [{ type: "NOT_FOUND", message }] });
    }
    const data: PullRequestAnswer = {
      repository: {
        pullRequest: {
          number: pull.number,
          url: `https://github.com/${REPOSITORY}/pull/${pull.number}`,
          body: pull.body,
          lastEditedAt: pull.editedAt,
          author: pull.author === null ? null : { login: pull.author },
          headRefOid: pull.head,
          headRefName: pull.branch,
          isCrossRepository: pull.fork,
          labels: { nodes: pull.labels.map((name) => ({ name })) },
        },
      },
    };
    return ok({ data });
  }

  private create(pull: FakePull, token: FakeToken, { body }: Record<string, unknown>): Answer {
    const refused = allowed(token, ["issues", "pull_requests"], "write") ?? tooLong(body);
    if (refused !== undefined) return refused;
    if (pull.locked && !MAY_WRITE.includes(this.permissions.get(token.login) ?? "")) {
      return { status: 403, body: { message: "Unable to create comment because issue is locked." } };
    }
    return { status: 201, body: this.comment(pull, token.login, String(body)) };
  }

  private change(method: string, id: number, token: FakeToken, { body }: Record<string, unknown>): Answer {
    const refused = allowed(token, ["issues", "pull_requests"], "write");
    if (refused !== undefined) return refused;
    const pull = [...this.pulls.values()].find(({ comments }) => comments.some((comment) => comment.id === id));
    const comment = pull?.comments.find((one) => one.id === id);
    if (pull === undefined || comment === undefined) return MISSING;
    if (comment.user?.login !== token.login) return FORBIDDEN;
    if (method === "DELETE") {
      pull.comments.splice(pull.comments.indexOf(comment), 1);
      return { status: 204 };
    }
    const long = tooLong(body);
    if (long !== undefined) return long;
    comment.body = String(body);
    comment.updated_at = this.tick();
    return ok(comment);
  }

  private permission(login: string): Answer {
    const permission = this.permissions.get(login);
    if (permission === undefined) return { status: 404, body: { message: `${login} is not a user` } };
    return ok({ permission, role_name: permission } satisfies Permission);
  }
}

/** GitHub puts everybody off for a while. */
export function secondaryLimit(seconds: number): Answer {
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return { status: 403, headers: { "retry-after": String(seconds) }, body: { message } };
}

const MAY_WRITE = ["admin", "write"];
const MISSING: Answer = { status: 404, body: { message: "Not Found" } };
const FORBIDDEN: Answer = { status: 403, body: { message: "Resource not accessible by integration" } };

function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Refused without one of the rights, and told which it takes. */
function allowed(token: FakeToken, any: readonly Right[], level: "read" | "write"): Answer | undefined {
  const { rights } = token;
  if (rights === undefined || any.some((right) => rights[right] === "write" || rights[right] === level))
    return undefined;
  const takes = any.map((right) => `${right}=${level}`).join("; ");
  return { ...FORBIDDEN, headers: { "x-accepted-github-permissions": takes } };
}

function tooLong(body: unknown): Answer | undefined {
  if (typeof body === "string" && body !== "" && Array.from(body).length <= BODY_LIMIT) return undefined;
  const message = `Body is too long (maximum is ${BODY_LIMIT} characters)`;
  return {
    status: 422,
    body: {
      message: "Validation Failed",
      errors: [{ resource: "IssueComment", code: "unprocessable", field: "data", message }],
    },
  };
}

function issueOf({ number, state, locked, body }: FakePull): Issue {
  return { number, state, locked, body, title: "A bigger database" };
}

function pullOf({ number, state }: FakePull): Pull {
  return { number, state, title: "A bigger database", html_url: `https://github.com/${REPOSITORY}/pull/${number}` };
}

function paged(
  url: URL,
  all: readonly unknown[],
): { readonly body: unknown; readonly headers: Record<string, string> } {
  const size = Math.min(Number(url.searchParams.get("per_page") ?? PAGE), PAGE_LIMIT);
  const page = Number(url.searchParams.get("page") ?? 1);
  const link = (to: number, rel: string): string => {
    const address = new URL(url);
    address.searchParams.set("page", String(to));
    return `<${address.href}>; rel="${rel}"`;
  };
  const last = Math.max(1, Math.ceil(all.length / size));
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
  ];
  return {
    body: all.slice((page - 1) * size, page * size),
    headers: links.length === 0 ? {} : { link: links.join(", ") },
  };
}
