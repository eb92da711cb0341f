import type { ProgramFacts } from "../../../stacks/program-facts";
import type { SystemName } from "./model";

/** Stands where no system answers for something: the stack does. */
const NOBODY: SystemName = { title: "of the stack itself", owner: "whoever owns the stack" };

/** Finds the system of a construct, in head first: what is destroyed stands in base only. */
export class Systems {
  private readonly known: ReadonlyMap<string, SystemName>;

  /**
   * @param facts - of head, then of base
   * @param runbookUrl - address of the runbook's folder
   */
  public constructor(facts: readonly (ProgramFacts | undefined)[], runbookUrl: string) {
    const known = new Map<string, SystemName>();
    for (const one of facts) {
      for (const { parts = [], systems } of Object.values(one?.stacks ?? {})) {
        for (const { owner, page, path, title } of [...systems, ...parts]) {
          if (!known.has(path)) known.set(path, { title, owner, page: `${runbookUrl}/${page}.md` });
        }
      }
    }
    this.known = known;
  }

  /** The system of a construct: that of its nearest ancestor that is one. */
  public of(construct: string | undefined): SystemName {
    for (let path = construct ?? ""; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf("/")))) {
      const system = this.known.get(path);
      if (system !== undefined) return system;
    }
    return NOBODY;
  }
}

/** Address of the diagram of a stack's stage, which stands beside the runbook: one for all environments. */
export function diagramOf(stack: string, runbookUrl: string): string {
  const stage = stack.replace(/^.+-(?=stage\d$)/, "");
  return `${runbookUrl.replace(/\/[^/]*$/, "")}/diagrams/${stage}.md`;
}
