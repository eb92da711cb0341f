/** Values of which parts are known only after an apply, as Terraform's plans have them: the value, and the same shape with `true` there. */

/** Whether any part is marked. */
export function anyMarked(marks: unknown): boolean {
  if (marks === true) return true;
  return typeof marks === "object" && marks !== null && Object.values(marks).some(anyMarked);
}

/** A step into a value: a name or an index. */
export type Step = string | number;

/** Whether the part at a path is marked, or holds what is. */
export function markedAt(marks: unknown, path: readonly Step[]): boolean {
  let at = marks;
  for (const step of path) {
    if (at === true) return true;
    at = partOf(at, step);
  }
  return anyMarked(at);
}

/** The part of a value at a path; undefined when there is none. */
export function valueAt(value: unknown, path: readonly Step[]): unknown {
  return path.reduce(partOf, value);
}

function partOf(value: unknown, step: Step): unknown {
  return typeof value === "object" && value !== null ? (value as Record<Step, unknown>)[step] : undefined;
}

/** The steps of a reference below its subject: `.core.subnetIds["us-east-1a"]`. */
export function stepsOf(traversal: string): readonly Step[] {
  return [...traversal.matchAll(/\.([\w-]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]/g)].map(([, name, key, index]) =>
    index === undefined ? (name ?? key ?? "") : Number(index),
  );
}
