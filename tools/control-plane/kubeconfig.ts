import { stringify } from "yaml";
import { writeWhole } from "../files";

/** Settings of {@link writeKubeconfig}. */
export interface KubeconfigProps {
  /** Path of the file. */
  readonly file: string;
  /** Name of the context, the cluster and the user. */
  readonly name: string;
  /** URL of the server. */
  readonly server: string;
  /** The server's certificate authority, PEM in base64. */
  readonly certificateAuthority: string;
  /** The client's certificate and key, PEM in base64. @default - the client has none */
  readonly client?: { readonly certificate: string; readonly key: string };
}

/** Writes a kubeconfig with one context, which only its owner may read. */
export function writeKubeconfig({ file, name, server, certificateAuthority, client }: KubeconfigProps): void {
  const text = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": certificateAuthority } }],
    users: [
      {
        name,
        user:
          client === undefined ? {} : { "client-certificate-data": client.certificate, "client-key-data": client.key },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
  writeWhole(file, text, 0o600);
}
