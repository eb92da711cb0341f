import type { ClusterName } from "../schema/environment";

/**
 * What the value of a service's secret is made of. `opsdx secrets init` and `opsdx secrets rotate` make it, straight into AWS Secrets
 * Manager. Kinds with properties are JSON objects of texts (`propertiesOf`); the others are one text.
 */
export type SecretRecipe =
  /** 43 characters that need no escape in a URL, a shell or SQL. */
  | { readonly kind: "password" }
  /** Random bytes, written as hexadecimal digits or as Base64. */
  | { readonly kind: "hex" | "base64"; readonly bytes: number }
  /** An RSA key of 4096 bits: `private` is PEM (PKCS #1), `public` one line of OpenSSH. */
  | { readonly kind: "rsa" }
  /** A login over HTTP: `user`, `password`, and `bcrypt`, the password's hash. */
  | { readonly kind: "htpasswd"; readonly user: string }
  /** A server's certificate under an authority of its own, PEM: `ca`, `certificate`, `key`. The authority's key is kept nowhere. */
  | { readonly kind: "certificate"; readonly hosts: readonly string[] }
  /** Nobody can make it up: a person gets it, as `what` says, and puts it in. */
  | { readonly kind: "person"; readonly what: string };

/** Who reads a secret: a service's `ServiceSecrets` on a cluster, for a Kubernetes Secret, or any other role. */
export type SecretReader = { readonly service: string; readonly cluster: ClusterName } | { readonly role: string };

/** A secret of a service that runs on a cluster. */
export interface ServiceSecret {
  /** The service that it belongs to: `grafana`. */
  readonly service: string;
  /** Last part of its name: `admin-password`. */
  readonly reference: string;
  /** What its value is made of. */
  readonly recipe: SecretRecipe;
  /** Who reads it: nobody else does. */
  readonly readers: readonly SecretReader[];
  /** What a person does when it has a new value, in order, as `opsdx secrets rotate` tells it: what restarts, what must run. */
  readonly afterRotation: readonly string[];
  /** Why `opsdx secrets rotate` refuses to make it a new value: what would be lost, and what a person does instead. @default - it makes one */
  readonly keep?: string;
}
