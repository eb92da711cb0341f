/**
 * A text of which Kubernetes expands nothing when it is the value of a variable: `$(NAME)` would be another variable, and `$$` a `$`.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/third_party/forked/golang/expansion/expand.go
 */
export function unexpanded(text: string): string {
  return text.replaceAll("$", "$$$$");
}
