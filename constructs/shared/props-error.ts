import { RefusedError } from "../../config/explained-error";
import type { IConstruct } from "./cdktf";

/** Props that a construct cannot be made from: everything wrong with them, a line each, headed by the construct's path. */
export class PropsError extends RefusedError {
  /**
   * @param scope - the construct
   * @param faults - each `<prop> must …, got …`; false for a rule that holds
   */
  public constructor(scope: IConstruct, faults: readonly (string | false)[]) {
    const found = faults.filter((fault) => fault !== false);
    super(found.map((fault) => `${scope.node.path}: ${fault}`).join("\n"));
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
  if (faults.some((fault) => fault !== false)) throw new PropsError(scope, faults);
}
