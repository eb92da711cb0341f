import { z } from "zod";
import { RefusedError } from "../../config/explained-error";
import { GITHUB_SUBJECT_CLAIMS, type GithubRepository } from "../../config/github";
import { ask } from "../ask";
import { CommandError } from "../command-error";
import { shellWord } from "../shell-word";

/** What GitHub knows of a repository, as far as its jobs' subjects go. */
export interface SubjectNow {
  /** `owner/name`, as GitHub writes it. */
  readonly name: string;
  /** Its ids. */
  readonly ids: { readonly owner: number; readonly repository: number };
  /** Whether subjects have GitHub's own shape. */
  readonly useDefault: boolean;
  /** What they are made of otherwise. */
  readonly claims: readonly string[];
  /** Whether they hold the ids. */
  readonly immutable: boolean;
}

/** A difference between what the roles trust and what GitHub sends. */
export interface SubjectDifference {
  /** What differs. */
  readonly what: string;
  /** As it must be. */
  readonly wanted: string;
  /** As it is. */
  readonly now: string;
  /** What mends it: `opsdx github subject set`, or the configuration. */
  readonly by: "set" | "config";
}

const HEADERS = ["-H", "Accept: application/vnd.github+json", "-H", "X-GitHub-Api-Version: 2022-11-28"];

const repositorySchema = z.object({ id: z.int(), full_name: z.string(), owner: z.object({ id: z.int() }) });
/** Older answers lack what came with the ids: the prefix that GitHub will send tells, then. */
const templateSchema = z.object({
  use_default: z.boolean(),
  include_claim_keys: z.array(z.string()).default([]),
  use_immutable_subject: z.boolean().default(false),
  sub_claim_prefix: z.string().default(""),
});

/** Path of GitHub's API at which the shape of a repository's subjects stands. */
function templatePath(name: string): string {
  return `repos/${name}/actions/oidc/customization/sub`;
}

/** What makes the subjects what the roles trust, as words for `gh`. */
export function setArguments({ name, ids }: GithubRepository): readonly string[] {
  return [
    "api",
    "--method",
    "PUT",
    ...HEADERS,
    templatePath(name),
    "-F",
    "use_default=false",
    // A repository that GitHub has ids in the subject of already keeps them, whatever this says.
    ...(ids === undefined ? [] : ["-F", "use_immutable_subject=true"]),
    ...GITHUB_SUBJECT_CLAIMS.flatMap((claim) => ["-f", `include_claim_keys[]=${claim}`]),
  ];
}

/** A command line as a person types it. */
export function commandLine(words: readonly string[]): string {
  return ["gh", ...words.map((word) => (/^[\w./=-]+$/.test(word) ? word : shellWord(word)))].join(" ");
}

/**
 * Asks GitHub for a repository's ids and the shape of its subjects, through the person's own `gh`.
 * @throws RefusedError when there is no `gh`, or nobody is signed in with it
 * @throws CommandError when GitHub does not answer, or not what is expected
 */
export async function readSubject({ name }: GithubRepository, env: NodeJS.ProcessEnv): Promise<SubjectNow> {
  const read = async <T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> => {
    const answer = schema.safeParse(jsonOf(await gh(["api", ...HEADERS, path], env)));
    if (!answer.success) {
      throw new CommandError(`GitHub answered at ${path} what it does not document: ${z.prettifyError(answer.error)}`);
    }
    return answer.data;
  };
  const { full_name: fullName, id: repository, owner } = await read(`repos/${name}`, repositorySchema);
  const template = await read(templatePath(name), templateSchema);
  return {
    name: fullName,
    ids: { owner: owner.id, repository },
    useDefault: template.use_default,
    claims: template.include_claim_keys,
    immutable: template.use_immutable_subject || template.sub_claim_prefix.includes("@"),
  };
}

/** Makes a repository's subjects what the roles trust. */
export async function writeSubject(repository: GithubRepository, env: NodeJS.ProcessEnv): Promise<void> {
  await gh(setArguments(repository), env);
}

/** What must change before a job can sign in; empty when nothing must. */
export function differences({ name, ids }: GithubRepository, now: SubjectNow): readonly SubjectDifference[] {
  const wantedClaims = GITHUB_SUBJECT_CLAIMS.join(", ");
  const claims = now.useDefault ? "GitHub's own shape" : now.claims.join(", ");
  const idsText = (of: SubjectNow["ids"]): string => `{ owner: ${of.owner}, repository: ${of.repository} }`;
  const all: readonly (SubjectDifference | false)[] = [
    now.name !== name && { what: "repository", wanted: now.name, now: name, by: "config" },
    // Names alone are a trust, too, but one that whoever takes the names over gets, and no trust where subjects have ids.
    (ids?.owner !== now.ids.owner || ids.repository !== now.ids.repository) && {
      what: "repositoryIds",
      wanted: idsText(now.ids),
      now: ids === undefined ? "none" : idsText(ids),
      by: "config",
    },
    claims !== wantedClaims && { what: "subject", wanted: wantedClaims, now: claims, by: "set" },
    ids !== undefined && !now.immutable && { what: "ids in the subject", wanted: "yes", now: "no", by: "set" },
  ];
  return all.filter((difference) => difference !== false);
}

async function gh(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { exitCode, notStarted, stdout, stderr } = await ask("gh", words, { env });
  if (exitCode === 0) return stdout;
  if (notStarted !== undefined) {
    throw new RefusedError(
      `gh must be on the PATH, got nothing. Install it (https://cli.github.com), or run this where it is: ${commandLine(words)}`,
    );
  }
  const said = stderr.trim().split("\n").slice(-2).join("; ");
  if (/gh auth login|HTTP 401|authentication/i.test(said)) {
    throw new RefusedError(`gh must be signed in to GitHub: ${said}. Sign in: gh auth login`);
  }
  const advice = /HTTP 40[34]/.test(said)
    ? ". The repository in config/global.ts is another one, or the token may not: it takes an administrator of the repository, and the right to Actions (write)"
    : "";
  throw new CommandError(
    `GitHub refused \`${commandLine(words)}\`: ${said === "" ? `exit code ${String(exitCode)}` : said}${advice}`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
