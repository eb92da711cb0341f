import { z } from "zod";
import { hostLabel, owner, words } from "./primitives";
import { rule, valid, type Rule } from "./rule";
import { cpuQuantity, memoryQuantity } from "./workload";

const httpsUrl = z.url({ protocol: /^https$/, error: "must be an address, https://…" });

/** A view in a schema, as PostgreSQL writes names that need no quotes. */
const viewName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/, "must be <schema>.<view>, lower-case");

/** What of a database is shown. */
const sourceSchema = z.strictObject({
  /** All that Grafana's role there may read. They are the application's. */
  views: z.array(viewName).min(1, "must name a view"),
});

/** Name of a group at the provider; it becomes part of an expression. */
const group = z.string().regex(/^[\w .:@/-]{1,100}$/, "must be at most 100 letters, digits, spaces and . : @ / - _");

/** Sign-in through an identity provider that speaks OpenID Connect. */
const signInSchema = z.strictObject({
  /** Its name on the button. */
  name: words,
  /** Grafana's id there; the secret that belongs to it is `grafana/oidc-client-secret`. */
  clientId: z.string().min(1).max(255),
  /** Where people sign in. */
  authUrl: httpsUrl,
  /** Where Grafana gets tokens. */
  tokenUrl: httpsUrl,
  /** Where Grafana asks who somebody is. */
  apiUrl: httpsUrl,
  /** What it asks for. One must give the claim `groups`. @default ["openid", "profile", "email", "groups"] */
  scopes: z
    .array(z.string().regex(/^[\w:./-]+$/, "must be a scope"))
    .min(1)
    .default(["openid", "profile", "email", "groups"]),
  /** Groups by what their members may do; who is in none gets no further than the provider. */
  groups: z.strictObject({
    /** Everything. */
    admins: group,
    /** Queries of their own, beside the dashboards. @default - nobody */
    editors: group.optional(),
    /** The dashboards. */
    viewers: group,
  }),
});

/** Grafana: the dashboards of an environment, for people. */
export const grafanaSchema = z.strictObject({
  /** Who answers for it. */
  owner,
  /** Its host, by the label below the zone. @default "grafana" */
  host: hostLabel.default("grafana"),
  /** Pods, of which one may be lost. */
  replicas: z.int().min(2, "must be at least 2: one may be lost").max(4),
  /** What each asks for. Memory is its limit too; there is none on processors. */
  pod: z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity }),
  /** Sign in through an identity provider; the local administrator stays, as the way back in. @default - the local administrator alone */
  signIn: signInSchema.optional(),
  /** What it shows of the databases. @default - nothing */
  databases: z.strictObject({ db: sourceSchema.optional(), dw: sourceSchema.optional() }).default({}),
});

/** A view is named once in a database. */
const viewsOnce = rule(
  z.object({ grafana: z.object({ databases: z.record(z.string(), valid(sourceSchema)) }) }),
  function* ({ grafana: { databases } }) {
    for (const [name, source] of Object.entries(databases)) {
      const views = source?.views ?? [];
      for (const [index, view] of views.entries()) {
        if (views.indexOf(view) === index) continue;
        yield {
          path: ["grafana", "databases", name, "views", index],
          rule: "must be named once",
          received: view,
        };
      }
    }
  },
);

/** Rules between Grafana's settings. */
export const grafanaRules: readonly Rule[] = [viewsOnce];

/** Validated settings of Grafana. */
export type GrafanaConfig = z.output<typeof grafanaSchema>;
