import * as z from "zod/mini";
import { LaunchFailure } from "./failure";

const filled = z.string().check(z.minLength(1, "must not be empty"));

const schema = z.object({
  /** The API, `https://api.<cluster>`. */
  CLUSTER_ENDPOINT: z.url({ protocol: /^https$/, error: "must be an https URL" }),
  /** The cluster's id for aws-iam-authenticator: the full cluster name. */
  CLUSTER_ID: filled,
  /** The cluster's certificate authority, PEM in base64. */
  CLUSTER_CA: z.pipe(
    z.pipe(
      z.string(),
      z.transform((value) => Buffer.from(value, "base64").toString("utf8")),
    ),
    z.string().check(z.includes("-----BEGIN CERTIFICATE-----", "must be a PEM certificate in base64")),
  ),
  /** Namespace of the templates and Jobs. */
  NAMESPACE: filled,
  /** CloudWatch namespace of the metrics. */
  METRIC_NAMESPACE: filled,
  /** `dev`, `prod`, ... */
  ENVIRONMENT: z.string().check(z.regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, "must be a lower-case name")),
  AWS_REGION: filled,
  AWS_ACCESS_KEY_ID: filled,
  AWS_SECRET_ACCESS_KEY: filled,
  AWS_SESSION_TOKEN: z.optional(filled),
});

/** The function's environment, checked. Lambda itself sets the `AWS_` variables. */
export type Settings = z.output<typeof schema>;

/** Checks the function's environment. Problems name the variable, never its value. */
export function checkSettings(environment: NodeJS.ProcessEnv): Settings {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const name = path.join(".");
    return `${name}: ${environment[name] === undefined ? "is not set" : message}`;
  });
  throw new LaunchFailure("Misconfigured", problems.join("; "));
}
