import { RefusedError } from "../../config/explained-error";
import type { IConstruct } from "./cdktf";

/** Props that a construct cannot be made from: everything wrong with them, a line each, headed by the construct's path. */
export class PropsError extends RefusedError {
  /**
   * @param scope - the construct
   * @param faults - each `<prop> must …, got …`
   */
  public constructor(scope: IConstruct, faults: readonly string[]) {
    super(faults.map((fault) => `${scope.node.path}: ${fault}`).join("\n"));
  }
}

/**
 * Refuses a construct's props when something is wrong with them.
 *
 * @param scope - the construct
 * @param faults - each `<prop> must …, got …`; false for a rule that holds
 * @throws PropsError with all of them
 */
export function refuse(scope: IConstruct, faults: readonly (string | false)[]): void {
  const found = faults.filter((fault) => fault !== false);
  if (found.length > 0) throw new PropsError(scope, found);
}
