/** What matters of an item is text, where it is there. */
export type Item = Readonly<Record<string, string | undefined>>;

/** The list in an answer. */
export function itemsOf(answer: unknown, key: string): readonly Item[] {
  const found = (answer as Readonly<Record<string, readonly Item[]>> | undefined)?.[key];
  return found ?? [];
}
