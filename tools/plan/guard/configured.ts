import type { Block } from "../../../constructs/shared/policy/model";
import { UNKNOWN, type Shown } from "../shown-value";

/** Arguments of a synthesized resource that are Terraform's own and say nothing of what stands in AWS. */
const META = new Set(["//", "connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"]);

/** The arguments of a synthesized resource as a plan would show them: what an expression decides is unknown. */
export function configured(body: Block): Shown {
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => (META.has(name) ? [] : [[name, shown(value)]])),
  );
}

function shown(value: unknown): Shown {
  if (typeof value === "string") return /\$\{|%\{/.test(value) ? UNKNOWN : value;
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
  }
  return null;
}
