/** What is taken for a secret: one definition for configuration, commands and the policy of what is synthesized. */

/** Names the variables of a workload that are no secrets although they are called like one, for the policy and for who looks. */
export const NOT_SECRET_ANNOTATION = "opsdx.io/not-secret";

/** What credentials look like wherever they stand, each with something that stands in all of them: most texts need no closer look. */
const SHAPES: readonly (readonly [what: string, hint: RegExp, shape: RegExp])[] = [
  ["an AWS access key", /AKIA|ASIA/, /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a private key", /-----BEGIN/, /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["a GitHub token", /gh[pousr]_|github_pat_/, /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,})/],
  ["a GitLab token", /glpat-/, /\bglpat-[\w-]{20,}/],
  ["a Slack token", /xox/, /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ["a Google API key", /AIza/, /\bAIza[\w-]{35}\b/],
  ["a Stripe key", /[sr]k_live_/, /\b[sr]k_live_[A-Za-z0-9]{16,}/],
  ["an npm token", /npm_/, /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a SendGrid key", /SG\./, /\bSG\.[\w-]{16,}\.[\w-]{16,}/],
  ["a key of a language model", /sk-/, /\bsk-(?:ant-|proj-)?[\w-]{32,}/],
  ["a JSON Web Token", /eyJ/, /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/],
  ["a URL with a password", /:\/\//, /:\/\/[^\s/:@$]*:[^\s/@$]+@/],
  // libpq, JDBC, ODBC and queries of URLs.
  ["a password=… setting", /=/, /(?:^|[\s;&?,'"])(?:password|passwd|pwd|pass)\s*=\s*[^\s;&$]+/i],
  ["credentials of HTTP", /[Bb]asic/, /\b[Bb]asic\s+(?=\S*(?:[\d=+/]|[a-z][A-Z]))[A-Za-z0-9+/]{8,}={0,2}(?:\s|$|["'])/],
  ["credentials of HTTP", /[Bb]earer/, /\b[Bb]earer\s+(?=\S*\d)[\w.~+/-]{16,}=*(?:\s|$|["'])/],
];

/** What kind of credential a text holds, for example `an AWS access key`; undefined when it looks like none. */
export function secretShape(text: string): string | undefined {
  return SHAPES.find(([, hint, shape]) => hint.test(text) && shape.test(text))?.[0];
}

/** Words that mean a secret wherever they stand in a name, even inside another word, as in `PGPASSWORD`. */
const INSIDE = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL/;
/** Words that mean one by themselves, or at the end of another, as in `DBPASS` and `APIKEY`. */
const AT_THE_END = /(?:PASS|PWD|KEYS?|DSN)$/;
/** Words that mean one by themselves only: `AUTHOR` is none. */
const WHOLE = /^(?:AUTH|OAUTH|CREDS?|JWT|PEM)$/;

/** Whether a name, read word by word, may be that of a secret: `DB_PASS`, `PGPASSWORD`, `clientSecret`, `API_KEY`, `KEY_PREFIX`. */
export function isSecretName(name: string): boolean {
  return wordsOf(name).some((word) => INSIDE.test(word) || AT_THE_END.test(word) || WHOLE.test(word));
}

/** Whether a name is that of a secret beyond doubt: for names of variables that nobody can say more about. */
export function isPlainSecretName(name: string): boolean {
  return wordsOf(name).some((word) => INSIDE.test(word) || /(?:PASS|PWD)$/.test(word));
}

function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .map((word) => word.replace(/\d+$/, ""));
}

/** What stands for a value that is nobody's business. */
export const NOT_SHOWN = "(not shown)";

/** Whether a value at a path is never shown: variables, and what stands where a secret's name belongs, for it may be the secret. */
export function isHidden(path: readonly PropertyKey[]): boolean {
  const names = path.map(String);
  return (
    names.slice(0, -1).includes("env") || (!names.includes("notSecret") && names.some((name) => /secret/i.test(name)))
  );
}

/** A value without what is never shown: what stands below such settings, and what looks like a credential. */
export function withoutSecrets(key: string, value: unknown): unknown {
  if (value !== undefined && isHidden([key, ""])) return NOT_SHOWN;
  return typeof value === "string" && secretShape(value) !== undefined ? NOT_SHOWN : value;
}
