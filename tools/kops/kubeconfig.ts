import { stringify } from "yaml";
import type { BootPayload } from "../../constructs/stage2/kops/payload";
import type { KopsClusterSpec } from "../../constructs/stage2/kops/spec";

/**
 * A kubeconfig that holds no credential: kubectl asks the AWS CLI for a token of whoever is signed in. The CLI signs the cluster's name
 * into it, and kops' aws-iam-authenticator takes it when its `clusterID` is that name and config maps the AWS role to a user.
 * @see https://github.com/kubernetes-sigs/aws-iam-authenticator
 */
export function kubeconfig(
  { name, account }: KopsClusterSpec,
  { certificateAuthority }: Pick<BootPayload, "certificateAuthority">,
): string {
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": name,
      contexts: [{ name, context: { cluster: name, user: name } }],
      clusters: [
        {
          name,
          cluster: {
            server: `https://api.${name}`,
            "certificate-authority-data": certificateAuthority,
          },
        },
      ],
      users: [
        {
          name,
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1beta1",
              command: "aws",
              args: ["eks", "get-token", "--cluster-name", name, "--region", account.region, "--output", "json"],
              interactiveMode: "IfAvailable",
            },
          },
        },
      ],
    },
    { lineWidth: 0 },
  );
}
