import { z } from "zod";
import { CLUSTER_GROUPS } from "../cluster-groups";
import { MACHINE_USERS } from "../names";
import { rule, valid, type Rule } from "./rule";

/**
 * Roles that this program, or kops, makes: each is a machine's. IAM does not tell names apart by case.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const MACHINE_ROLE = /^(opsdx-|(masters|nodes)\.)/i;

/**
 * Name of a role that people assume. aws-iam-authenticator knows a role by its ARN without the path.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
 */
const personRole = z
  .string()
  .regex(/^[\w+=,.@-]{1,64}$/, "must be an IAM role name: 1 to 64 letters, digits and _ + = , . @ -, without a path")
  .refine(
    (role) => !MACHINE_ROLE.test(role),
    "must be a role that people assume: the roles of machines (opsdx-…, masters.…, nodes.…) are derived, and stand in no file",
  );

const RESERVED_USERS: readonly string[] = Object.values(MACHINE_USERS);

/**
 * A user name that Kubernetes takes: what starts with `system:` is its own, and aws-iam-authenticator fills in `{{…}}`.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
 */
const username = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._@-]{0,61}[a-z0-9])?$/,
    "must be 1 to 63 lower-case letters, digits and . _ @ - between them",
  )
  .refine((name) => !RESERVED_USERS.includes(name), `must not be a machine's: ${RESERVED_USERS.join(", ")}`);

/** The people who use the environment's clusters, by the AWS role that they assume. Machines are derived: see `config/cluster-identities.ts`. */
export const peopleSchema = z.array(
  z.strictObject({
    /** Name of a role of the environment's account. */
    roleName: personRole,
    /** User name in Kubernetes; the audit log has it. */
    username,
    /** What they may do: `config/cluster-groups.ts` says what each group may. */
    groups: z
      .array(z.enum(Object.values(CLUSTER_GROUPS)))
      .min(1)
      .refine((groups) => new Set(groups).size === groups.length, "must name each group once"),
  }),
);

/** aws-iam-authenticator compares in lower case, and takes one user for a role; the audit log knows users by their names. */
const peopleDiffer = rule(
  z.object({ people: z.array(valid(z.object({ roleName: valid(z.string()), username: valid(z.string()) }))) }),
  function* ({ people }) {
    for (const [key, of] of [
      ["roleName", "a role is one user"],
      ["username", "the audit log tells users apart by it"],
    ] as const) {
      const values = people.map((person) => person?.[key]?.toLowerCase());
      for (const [index, value] of values.entries()) {
        const first = values.indexOf(value);
        if (value === undefined || first === index) continue;
        yield {
          path: ["people", index, key],
          rule: `must differ from people.${first}.${key}: ${of}`,
          received: people[index]?.[key],
        };
      }
    }
  },
);

/** Rules between the people of one environment. */
export const peopleRules: readonly Rule[] = [peopleDiffer];
