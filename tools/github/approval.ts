import { ALLOWANCE_FORM, allowanceLines } from "./allowances";
import { asked, statusOf, type GithubClient } from "./client";
import { readPullRequest, type PullRequest } from "./pull-request";

/** What a pull request allows to be destroyed, and who stands for it. */
export interface DestroyApproval {
  /** What its body allows. It counts only where {@link approvedBy} is set. */
  readonly allowances: readonly { readonly address: string; readonly stack?: string; readonly reason: string }[];
  /** Who set the label, if that counts. @default - nobody: no allowance counts */
  readonly approvedBy?: string;
  /** A sentence on each thing that does not count, with its reason. */
  readonly refusals: readonly string[];
}

/** Label by which somebody other than the author stands for what the pull request's body allows. */
export const APPROVAL_LABEL = "destroy-approved";

/** The permissions that let someone approve; GitHub maps `maintain` to `write`, and `triage` to `read`. */
const MAY_APPROVE: readonly string[] = ["write", "admin"];

/** A label that is on a pull request, and who set it when. */
interface Labelled {
  readonly by: string;
  readonly bot: boolean;
  readonly at: string;
}

/** When a branch became what it is, and who pushed to it since it was made. */
interface Pushes {
  readonly head: string;
  readonly at: string;
  readonly by: readonly string[];
}

/** More than these GitHub lists of no pull request. */
const COMMITS_LISTED = 250;

/**
 * Reads what a pull request allows to be destroyed, and whether that is approved: the label was set by a person who may write to the
 * repository, and neither opened the pull request nor wrote or pushed any of it; after the newest commit was pushed, and after the body
 * was edited last. All times are GitHub's own: dates of commits are whatever their author makes them.
 *
 * @param planned - commit that was planned; what is approved for another is not approved for it. @default - the newest
 * @throws RefusedError when there is no such pull request
 * @throws CommandError when GitHub does not answer, or the token may not read what this needs
 */
export async function readApproval(client: GithubClient, number: number, planned?: string): Promise<DestroyApproval> {
  const pull = await readPullRequest(client, number);
  const { allowances, refusals } = allowanceLines(pull.body);
  const labelled = pull.labels.includes(APPROVAL_LABEL);
  if (allowances.length === 0) {
    const nothing = `The label ${APPROVAL_LABEL} approves nothing: the description has no line \`${ALLOWANCE_FORM}\`.`;
    return { allowances, refusals: labelled ? [...refusals, nothing] : refusals };
  }
  if (!labelled) {
    const nobody = `Nobody approved the allowances: someone who may write to the repository, and wrote none of this, must set the label ${APPROVAL_LABEL}.`;
    return { allowances, refusals: [...refusals, nobody] };
  }
  const { by, faults } = await judged(client, pull, planned);
  return { allowances, approvedBy: faults.length === 0 ? by : undefined, refusals: [...refusals, ...faults] };
}

/** Who set the label, and why it does not count. */
async function judged(
  client: GithubClient,
  pull: PullRequest,
  planned: string | undefined,
): Promise<{ readonly by?: string; readonly faults: readonly string[] }> {
  const again = `Take the label ${APPROVAL_LABEL} off, and let someone who may set it again`;
  const { label, movedAt } = await readTimeline(client, pull.number);
  if (label === undefined) {
    return { faults: [`GitHub does not tell who set the label ${APPROVAL_LABEL}. ${again}.`] };
  }
  const { by, bot, at } = label;
  const set = `The label ${APPROVAL_LABEL}, set by ${by}, does not count:`;
  if (bot) return { by, faults: [`${set} a program approves nothing. ${again}.`] };
  if (pull.fork)
    return { by, faults: [`${set} the branch stands in a fork, of which GitHub does not tell who pushed.`] };

  const [pushes, authors, permission] = [
    await readPushes(client, pull),
    await readAuthors(client, pull.number),
    await readPermission(client, by),
  ];
  const faults: (string | false)[] = [
    planned !== undefined &&
      planned !== pull.head &&
      `${set} the plan is of ${short(planned)}, and the pull request is at ${short(pull.head)}. The run of its newest commit judges it.`,
    by === pull.author && `${set} ${by} opened the pull request. Someone else must set it.`,
    authors.logins.includes(by) && `${set} ${by} wrote some of its commits. Someone else must set it.`,
    authors.cut &&
      `${set} it has more than ${COMMITS_LISTED} commits, of which GitHub does not tell all authors. Squash them.`,
    pushes?.by.includes(by) === true && `${set} ${by} pushed to its branch. Someone else must set it.`,
    !MAY_APPROVE.includes(permission) &&
      `${set} approving takes the right to write to the repository, and ${by} has ${permission}.`,
    pushes === undefined &&
      `${set} GitHub does not tell yet when ${short(pull.head)} was pushed. Run the job again in a minute.`,
    pushes !== undefined &&
      at <= pushes.at &&
      `${set} ${short(pull.head)} was pushed after it (${pushes.at}). ${again}.`,
    pull.bodyEditedAt !== undefined &&
      at <= pull.bodyEditedAt &&
      `${set} the description was edited after it (${pull.bodyEditedAt}). ${again}.`,
    movedAt !== undefined &&
      at <= movedAt &&
      `${set} the pull request got another base after it (${movedAt}). ${again}.`,
  ];
  return { by, faults: faults.filter((fault) => fault !== false) };
}

/** Who set the label last, and when the pull request got another base. */
async function readTimeline(
  client: GithubClient,
  number: number,
): Promise<{ readonly label?: Labelled; readonly movedAt?: string }> {
  const { octokit, owner, repo } = client;
  const events = await asked(
    client,
    `read the timeline of #${number}`,
    octokit.paginate(octokit.rest.issues.listEventsForTimeline, { owner, repo, issue_number: number, per_page: 100 }),
  );
  let label: Labelled | undefined;
  let movedAt: string | undefined;
  const timed = events.map((happened) => ({ happened, at: "created_at" in happened ? happened.created_at : "" }));
  // GitHub lists them so already; nothing may hang on it.
  for (const { at, happened } of timed.sort((one, other) => Number(one.at > other.at) - Number(one.at < other.at))) {
    if (happened.event === "base_ref_changed") movedAt = at;
    if (happened.event !== "labeled" && happened.event !== "unlabeled") continue;
    if (!("label" in happened) || happened.label.name !== APPROVAL_LABEL) continue;
    // The actor of an account that is gone is null, whatever the types say.
    const actor = happened.actor as typeof happened.actor | null;
    label =
      happened.event === "labeled" && actor !== null ? { by: actor.login, bot: actor.type !== "User", at } : undefined;
  }
  return { label, movedAt };
}

/**
 * When the branch got its newest commit, by GitHub's clock, and who pushed since the branch was made. Not of the commits' own dates, nor of
 * GraphQL's `pushedDate`, which is gone; check suites are made when an app looks, not when somebody pushes.
 * @returns undefined when GitHub does not list the push of the head yet
 * @see https://docs.github.com/en/rest/repos/repos#list-repository-activities
 */
async function readPushes(client: GithubClient, { branch, head }: PullRequest): Promise<Pushes | undefined> {
  const { octokit, owner, repo } = client;
  const activities = await asked(
    client,
    `read who pushed to ${branch}`,
    octokit.paginate(
      octokit.rest.repos.listActivities,
      { owner, repo, ref: `refs/heads/${branch}`, direction: "desc", per_page: 100 },
      ({ data }, done) => {
        if (data.some(({ activity_type: type }) => type === "branch_creation")) done();
        return data;
      },
    ),
  );
  const [newest] = activities;
  if (newest?.after !== head) return undefined;
  const made = activities.findIndex(({ activity_type: type }) => type === "branch_creation");
  const since = made === -1 ? activities : activities.slice(0, made + 1);
  return { head, at: newest.timestamp, by: since.flatMap(({ actor }) => (actor === null ? [] : [actor.login])) };
}

/** Authors and committers of the commits, as far as GitHub knows them: what an e-mail address says nobody can prove. */
async function readAuthors(
  client: GithubClient,
  number: number,
): Promise<{ readonly logins: readonly string[]; readonly cut: boolean }> {
  const { octokit, owner, repo } = client;
  const commits = await asked(
    client,
    `read the commits of #${number}`,
    octokit.paginate(octokit.rest.pulls.listCommits, { owner, repo, pull_number: number, per_page: 100 }),
  );
  const logins = commits.flatMap(({ author, committer }) =>
    [author, committer].flatMap((person) => (person !== null && "login" in person ? [person.login] : [])),
  );
  return { logins, cut: commits.length >= COMMITS_LISTED };
}

async function readPermission(client: GithubClient, username: string): Promise<string> {
  const { octokit, owner, repo } = client;
  const call = octokit.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username }).catch((error: unknown) => {
    // Who is no collaborator.
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
  const answer = await asked(client, `read what ${username} may do`, call);
  return answer?.data.permission ?? "none";
}

function short(commit: string): string {
  return commit.slice(0, 7);
}
