import { DATABASE_PASSWORD, secretPath, serviceDatabaseRole, serviceRole } from "../names";
import type { EnvironmentConfig } from "../schema/environment";

/** Secrets of Concourse; none where an environment doesn't have it. */
export function concourseSecrets({ concourse, name: env }: EnvironmentConfig) {
  if (concourse === undefined) return [];
  const service = "concourse";
  const web = { service, cluster: "k8s" } as const;
  const workers = { service: "concourse-worker", cluster: "k8s" } as const;
  const restart = (...what: readonly string[]): readonly string[] => [
    "Within the hour the Kubernetes Secrets follow.",
    `Restart ${what.join(", then ")} (docs/runbook/concourse.md, Go on with new secrets).`,
  ];
  type Reader = typeof web | typeof workers | { readonly role: string };
  const own = (
    reference: string,
    kind: "password" | "rsa",
    afterRotation: readonly string[],
    ...others: readonly Reader[]
  ) => ({ service, reference, recipe: { kind }, readers: [web, ...others], afterRotation }) as const;
  return [
    own("admin-password", "password", restart("the servers")),
    own(
      DATABASE_PASSWORD,
      "password",
      [
        `npx opsdx services database ${env} concourse create`,
        ...restart("the servers at once: until then they cannot open a connection"),
      ],
      { role: serviceDatabaseRole(env, service) },
    ),
    own("host-key", "rsa", restart("the servers", "the workers, which until then trust the former"), workers),
    own("session-signing-key", "rsa", restart("the servers: everybody signs in anew")),
    own("worker-key", "rsa", restart("the servers", "the workers, which until then are strangers to them"), workers),
    {
      service,
      reference: "encryption-key",
      // As many characters as AES-256 has bytes.
      recipe: { kind: "hex", bytes: 16 },
      readers: [web],
      afterRotation: [
        "What the database holds was encrypted with the former key, and is lost: logs of builds, nothing else that is not made of files.",
        `npx opsdx services database ${env} concourse reset`,
        ...restart("the servers"),
        `npx opsdx concourse pipeline set ${env}`,
      ],
    } as const,
    {
      service,
      reference: "pipelines/main/git",
      recipe: {
        kind: "person",
        what: `the private half, as ssh-keygen writes it, of a read-only deploy key of ${concourse.pipeline.repository} on GitHub`,
      },
      // The servers look it up themselves, whenever a build needs it.
      readers: [{ role: serviceRole(env, service) }],
      afterRotation: [
        `Nothing restarts: builds look ${secretPath(env, service)}pipelines/main/git up when they need it.`,
      ],
    } as const,
    ...(concourse.signIn === undefined
      ? []
      : [
          {
            service,
            reference: "oidc-client-secret",
            recipe: {
              kind: "person",
              what: `the secret of the client ${concourse.signIn.clientId} at ${concourse.signIn.issuer}`,
            },
            readers: [web],
            afterRotation: restart("the servers"),
          } as const,
        ]),
  ];
}
