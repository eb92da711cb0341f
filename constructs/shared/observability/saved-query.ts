import { CloudwatchQueryDefinition } from "@cdktf/provider-aws/lib/cloudwatch-query-definition";
import { Construct } from "../cdktf";
import { refuse } from "../props-error";
import type { LogGroup } from "./log-group";

/** Properties of {@link SavedQuery}. */
export interface SavedQueryProps {
  /** Name; `/` makes folders in the console, for example `opsdx-dev/db/slow statements`. */
  readonly name: string;
  /** Log groups that are read. */
  readonly logGroups: readonly LogGroup[];
  /** CloudWatch Logs Insights query, one command a line. */
  readonly query: readonly string[];
}

/** A saved CloudWatch Logs Insights query: the only way this program makes one. */
export class SavedQuery extends Construct {
  /** @throws PropsError when it has no command or reads no log group */
  public constructor(scope: Construct, id: string, props: SavedQueryProps) {
    super(scope, id);
    refuse(
      this,
      (["query", "logGroups"] as const).map(
        (list) => props[list].length === 0 && `${list} must not be empty, got none`,
      ),
    );
    new CloudwatchQueryDefinition(this, "Resource", {
      name: props.name,
      logGroupNames: props.logGroups.map(({ logGroupName }) => logGroupName),
      queryString: props.query.join("\n| "),
    });
  }
}
