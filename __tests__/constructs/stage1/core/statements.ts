/** The statements of a policy document, as synthesized. */
export function statementsOf(policy: unknown): readonly Readonly<Record<string, unknown>>[] {
  return (JSON.parse(String(policy)) as { readonly Statement: readonly Readonly<Record<string, unknown>>[] }).Statement;
}
