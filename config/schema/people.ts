import { z } from "zod";
import { region } from "./primitives";
import { rule, valid, type Rule } from "./rule";

/**
 * Roles that this program, or kops, makes: no person signs in as one. IAM does not tell names apart by case.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const OWN_ROLE = /^(opsdx-|(masters|nodes)\.)/i;

/**
 * Name of a role that people sign in as, without a path.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
 */
const roleName = z
  .string()
  .regex(/^[\w+=,.@-]{1,64}$/, "must be an IAM role name: 1 to 64 letters, digits and _ + = , . @ -, without a path")
  .refine(
    (role) => !OWN_ROLE.test(role),
    "must be a role that people sign in as: those of this program and of kops (opsdx-…, masters.…, nodes.…) stand in no file",
  )
  .refine(
    (role) => !/^AWSReservedSSO_/i.test(role),
    "must not be a role of IAM Identity Center, whose name ends in chance: name its permission set, { permissionSet: … }",
  );

/**
 * Name of a permission set of IAM Identity Center.
 * @see https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
 */
const permissionSet = z
  .string()
  .regex(/^[\w+=,.@-]{1,32}$/, "must be the name of a permission set: 1 to 32 letters, digits and _ + = , . @ -");

/** How people sign in to an account. */
const signIn = z.union(
  [
    z.strictObject({
      /** Permission set of IAM Identity Center that they have in the account. */
      permissionSet,
    }),
    z.strictObject({
      /** Name of a role of the account that exists already. */
      role: roleName,
    }),
  ],
  'must be { permissionSet: "<name>" }, or { role: "<name>" }',
);

/** Who works with the accounts, by how they sign in to one. What each kind may do there is derived: docs/decisions/0021-people.md. */
export const peopleSchema = z.strictObject({
  /** Deploy everything, from their own machine: `global`, and each environment in its account. */
  administrators: z.array(signIn).min(1),
  /** Launch, pause, rerun and stop ETLs, and read their logs. */
  etlOperators: z.array(signIn),
  /** See the account and the clusters, no data and no secret. */
  readers: z.array(signIn),
  /** May what administrators may, when nobody can sign in otherwise. */
  breakGlass: z.strictObject({
    /** Role of each environment's account; `global` is applied to those accounts through it. AWS Organizations makes one. */
    role: roleName,
  }),
});

/** Where people sign in. */
export const identityCenterSchema = z.strictObject({
  /** Address of the access portal. */
  startUrl: z.url({ protocol: /^https$/ }),
  /** Region of the instance. */
  region,
});

const KINDS = ["administrators", "etlOperators", "readers"] as const;

const looseSignIn = valid(z.object({ permissionSet: valid(permissionSet), role: valid(roleName) }));
const loosePeople = z.object({
  people: z.object({
    administrators: valid(z.array(looseSignIn)),
    etlOperators: valid(z.array(looseSignIn)),
    readers: valid(z.array(looseSignIn)),
  }),
});

/** One way to sign in is one kind of people: administrators may what the others may, and the audit log tells kinds apart by it. */
const kindsDiffer = rule(loosePeople, function* ({ people }) {
  const seen = new Map<string, string>();
  for (const kind of KINDS) {
    for (const [index, way] of (people[kind] ?? []).entries()) {
      const key = way?.permissionSet === undefined ? "role" : "permissionSet";
      const name = way?.[key];
      if (name === undefined) continue;
      const id = `${key} ${name.toLowerCase()}`;
      const first = seen.get(id);
      seen.set(id, first ?? `people.${kind}.${index}`);
      if (first === undefined) continue;
      yield {
        path: ["people", kind, index, key],
        rule: `must differ from ${first}: a way to sign in belongs to one kind of people`,
        received: name,
      };
    }
  }
});

/** Permission sets are of an Identity Center. */
const centerIsNamed = rule(loosePeople.extend({ identityCenter: z.undefined().optional() }), function* ({ people }) {
  const named = KINDS.flatMap((kind) => people[kind] ?? []).find((way) => way?.permissionSet);
  if (named === undefined) return;
  yield {
    path: ["identityCenter"],
    rule: `is required where people sign in with a permission set, such as ${named.permissionSet}`,
    received: undefined,
  };
});

/** Rules between the people of `config/global.ts`. */
export const peopleRules: readonly Rule[] = [kindsDiffer, centerIsNamed];

/** Validated people. */
export type PeopleConfig = z.output<typeof peopleSchema>;
/** Validated address of IAM Identity Center. */
export type IdentityCenterConfig = z.output<typeof identityCenterSchema>;
/** Kinds of people that sign in for daily work. */
export type PeopleKind = (typeof KINDS)[number];
