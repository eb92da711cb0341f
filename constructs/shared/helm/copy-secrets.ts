import { kubectl, type Command, type KubernetesPlace } from "../observability/command";

/**
 * Copies the values of a namespace's secrets into it now, and says when each was copied last. The operator looks when the annotation is
 * another than before: hence the time.
 * @see https://external-secrets.io/latest/introduction/faq/#can-i-manually-trigger-a-secret-refresh
 */
export function copySecretsNow(place: Required<KubernetesPlace>): readonly Command[] {
  return [
    kubectl(place, `annotate externalsecrets --all force-sync="$(date +%s)" --overwrite`),
    kubectl(place, "get externalsecrets -o custom-columns=NAME:.metadata.name,COPIED:.status.refreshTime"),
  ];
}
