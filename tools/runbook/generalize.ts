/** One of the things that a text is written for, and the names that tell it from the others: `{ env: "dev", cluster: "k8s-ml" }`. */
export interface Instance<T> {
  /** Value by placeholder. */
  readonly bindings: Readonly<Record<string, string>>;
  /** What is known of it. */
  readonly facts: T;
}

/** Instances that say the same, and what they say: names that tell them apart are placeholders in it. */
export interface Agreement<T, V> {
  /** The instances. */
  readonly members: readonly Instance<T>[];
  /** What they say. */
  readonly value: V;
}

const isWordCharacter = (text: string, index: number): boolean => /[A-Za-z0-9]/.test(text.charAt(index));

/**
 * The one text of which each instance's is a case: where they differ, each must hold its own value of one binding, whose placeholder stands
 * there then. So filling the placeholders in gives back every text. Undefined when they differ otherwise.
 */
export function generalize(instances: readonly Instance<string>[]): string | undefined {
  const texts = instances.map(({ facts }) => facts);
  const [first] = texts;
  if (first === undefined || texts.every((text) => text === first)) return first;
  const names = Object.keys(instances[0]?.bindings ?? {}).filter((name) => {
    const values = new Set(instances.map(({ bindings }) => bindings[name]));
    return values.size > 1 && !values.has(undefined);
  });
  const at = texts.map(() => 0);
  const position = (index: number): number => at[index] ?? 0;
  const valueOf = (name: string, index: number): string => instances[index]?.bindings[name] ?? "";
  const holdsItsValue = (name: string): boolean =>
    texts.every((text, index) => {
      const value = valueOf(name, index);
      const start = position(index);
      return (
        text.startsWith(value, start) &&
        !isWordCharacter(text, start - 1) &&
        !isWordCharacter(text, start + value.length)
      );
    });
  let general = "";
  while (texts.some((text, index) => position(index) < text.length)) {
    const [name] = names.filter(holdsItsValue).sort((one, other) => valueOf(other, 0).length - valueOf(one, 0).length);
    const character = first.charAt(position(0));
    if (name !== undefined) {
      general += `<${name}>`;
      texts.forEach((_, index) => (at[index] = position(index) + valueOf(name, index).length));
    } else if (character !== "" && texts.every((text, index) => text.charAt(position(index)) === character)) {
      general += character;
      texts.forEach((_, index) => (at[index] = position(index) + 1));
    } else return undefined;
  }
  return general;
}

/** Groups the instances that agree on a value, up to their names. Values are plain data. */
export function agree<T, V>(instances: readonly Instance<T>[], value: (facts: T) => V): Agreement<T, V>[] {
  const groups: { members: Instance<T>[]; text: string }[] = [];
  const written = (members: readonly Instance<T>[]): string | undefined =>
    generalize(members.map(({ bindings, facts }) => ({ bindings, facts: JSON.stringify(value(facts)) })));
  const whole = instances.length === 0 ? undefined : written(instances);
  if (whole !== undefined) return [{ members: instances, value: JSON.parse(whole) as V }];
  for (const instance of instances) {
    const joined = groups.some((group) => {
      const text = written([...group.members, instance]);
      if (text !== undefined) {
        group.members.push(instance);
        group.text = text;
      }
      return text !== undefined;
    });
    if (!joined) groups.push({ members: [instance], text: written([instance]) ?? "" });
  }
  return groups.map(({ members, text }) => ({ members, value: JSON.parse(text) as V }));
}

/** Whom a group's text is for, beside the others: only the names that tell it from them. */
export function describeMembers(members: readonly Instance<unknown>[], all: readonly Instance<unknown>[]): string {
  const telling = Object.keys(members[0]?.bindings ?? {}).filter(
    (name) => name !== "account" && new Set(all.map(({ bindings }) => bindings[name])).size > 1,
  );
  const values = telling.map((name) => [...new Set(members.map(({ bindings }) => bindings[name] ?? ""))]);
  const everyCombination = values.reduce((product, { length }) => product * length, 1) === members.length;
  if (!everyCombination) {
    return members.map(({ bindings }) => telling.map((name) => bindings[name]).join(" ")).join(", ");
  }
  const narrow = values.filter(
    (list, index) => list.length < new Set(all.map(({ bindings }) => bindings[telling[index] ?? ""])).size,
  );
  return (narrow.length === 0 ? values : narrow).map((list) => list.join(", ")).join(" in ");
}
