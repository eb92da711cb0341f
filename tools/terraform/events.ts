/** A message of Terraform about a problem. */
export interface Diagnostic {
  /** Whether it made the run fail. */
  readonly severity: "error" | "warning";
  /** One line. */
  readonly summary: string;
  /** The rest; empty when there is none. */
  readonly detail: string;
  /** Resource that it is about. @default - none in particular */
  readonly address?: string;
}

/** A resource or an output that a plan would change. */
export interface PlannedChange {
  /** Its Terraform address, or `output.<name>`. */
  readonly address: string;
  /** What Terraform would do, for example `create` or `replace`. */
  readonly action: string;
  /** Its arguments before. @default - not told, or it is new */
  readonly before?: Readonly<Record<string, unknown>>;
  /** Its arguments after, as far as they are known. @default - not told, or it goes */
  readonly after?: Readonly<Record<string, unknown>>;
}

/** One line of `terraform plan|apply|destroy -json` that matters here. */
export type TerraformEvent =
  | { readonly kind: "planned"; readonly changes: readonly PlannedChange[] }
  | { readonly kind: "total"; readonly operation: string; readonly changes: number }
  | { readonly kind: "started" | "finished" | "failed"; readonly address: string; readonly action: string }
  | { readonly kind: "refreshed"; readonly address: string }
  | { readonly kind: "diagnostic"; readonly diagnostic: Diagnostic };

interface RawEvent {
  readonly type?: string;
  readonly "@message"?: string;
  readonly change?: { readonly action: string; readonly resource: { readonly addr: string } };
  readonly changes?: {
    readonly add: number;
    readonly change: number;
    readonly remove: number;
    readonly operation: string;
  };
  readonly outputs?: Readonly<Record<string, { readonly action?: string }>>;
  readonly hook?: { readonly action?: string; readonly resource: { readonly addr: string } };
  readonly diagnostic?: {
    readonly severity: "error" | "warning";
    readonly summary: string;
    readonly detail?: string;
    readonly address?: string;
  };
}

const HOOKS = { apply_start: "started", apply_complete: "finished", apply_errored: "failed" } as const;

/**
 * Reads one line of Terraform's machine-readable output; undefined when it does not matter or is not JSON.
 * @see https://developer.hashicorp.com/terraform/internals/machine-readable-ui
 */
export function parseEvent(line: string): TerraformEvent | undefined {
  const raw = parseJson(line);
  if (raw?.type === undefined) return undefined;
  const { type, change, changes, hook, outputs, diagnostic } = raw;
  // Data sources show up among planned changes and hooks, but change nothing.
  if (change?.action === "read" || hook?.action === "read") return undefined;
  if (type === "planned_change" && change !== undefined) {
    return { kind: "planned", changes: [{ address: change.resource.addr, action: change.action }] };
  }
  if (type === "outputs" && outputs !== undefined) {
    const changed = Object.entries(outputs).flatMap(([name, { action = "noop" }]) =>
      action === "noop" ? [] : [{ address: `output.${name}`, action }],
    );
    return { kind: "planned", changes: changed };
  }
  if (type === "change_summary" && changes !== undefined) {
    return { kind: "total", operation: changes.operation, changes: changes.add + changes.change + changes.remove };
  }
  if (type === "refresh_complete" && hook !== undefined) {
    return { kind: "refreshed", address: hook.resource.addr };
  }
  if (type in HOOKS && hook?.action !== undefined) {
    return { kind: HOOKS[type as keyof typeof HOOKS], address: hook.resource.addr, action: hook.action };
  }
  if (type === "diagnostic" && diagnostic !== undefined) {
    const { severity, summary, detail = "", address } = diagnostic;
    return { kind: "diagnostic", diagnostic: { severity, summary, detail, address } };
  }
  return undefined;
}

/**
 * The resources that a plan would change, out of what `terraform show -json` prints of it.
 * @see https://developer.hashicorp.com/terraform/internals/json-format#change-representation
 */
export function plannedChanges(json: string): readonly PlannedChange[] {
  const { resource_changes: changes = [] } = JSON.parse(json) as {
    resource_changes?: readonly {
      readonly address: string;
      readonly change: {
        readonly actions: readonly string[];
        readonly before?: PlannedChange["before"] | null;
        readonly after?: PlannedChange["after"] | null;
      };
    }[];
  };
  return changes.flatMap(({ address, change: { actions, before, after } }) => {
    const [action = "no-op"] = actions.length > 1 ? ["replace"] : actions;
    return action === "no-op" || action === "read"
      ? []
      : [{ address, action, before: before ?? undefined, after: after ?? undefined }];
  });
}

/** Whether a line is one of Terraform's events; anything else is words of a process that has no more to say. */
export function isEvent(line: string): boolean {
  return parseJson(line)?.["@message"] !== undefined;
}

/** The line as a person reads it in a log. */
export function readable(line: string): string {
  const raw = parseJson(line);
  const message = raw?.["@message"];
  if (message === undefined) return line;
  const detail = raw?.diagnostic?.detail;
  return detail === undefined || detail === "" ? message : `${message}\n${detail}`;
}

function parseJson(line: string): RawEvent | undefined {
  try {
    return JSON.parse(line) as RawEvent;
  } catch {
    return undefined;
  }
}

/** What has happened so far in one Terraform run. */
export class RunProgress {
  /** Changes announced by the plan. */
  public total = 0;
  /** Changes made. */
  public done = 0;
  /** Resources read while planning. */
  public refreshed = 0;
  /** Planned changes: address and action. */
  public readonly planned: PlannedChange[] = [];
  /** Addresses being changed now, in the order they started. */
  public readonly current = new Set<string>();
  /** Problems reported. */
  public readonly diagnostics: Diagnostic[] = [];

  /** Takes note of an event. */
  public add(event: TerraformEvent): void {
    switch (event.kind) {
      case "planned":
        this.planned.push(...event.changes);
        break;
      case "total":
        if (event.operation === "plan") this.total = event.changes;
        break;
      case "refreshed":
        this.refreshed += 1;
        break;
      case "started":
        this.current.add(event.address);
        break;
      case "finished":
      case "failed":
        this.current.delete(event.address);
        if (event.kind === "finished") this.done += 1;
        break;
      case "diagnostic":
        this.diagnostics.push(event.diagnostic);
        break;
    }
  }

  /** Problems that made the run fail. */
  public get errors(): readonly Diagnostic[] {
    return this.diagnostics.filter(({ severity }) => severity === "error");
  }
}
