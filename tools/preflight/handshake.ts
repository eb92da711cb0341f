import { configFile, runnerConnection, stackName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import type { Account } from "./account";
import type { Obstacle } from "./obstacle";

interface Connections {
  readonly Connections?: readonly { readonly ConnectionName: string; readonly ConnectionStatus: string }[];
}

type RunnersOf = Pick<EnvironmentConfig, "name" | "runners">;

const HANDSHAKE =
  "An administrator of the repository's organization shakes hands, once: in the console, Developer Tools > Settings > Connections, `Update pending connection`";

/** What a person reads while the configuration says that the handshake with GitHub is pending; undefined where it does not. */
export function pendingHandshake({ name, runners }: RunnersOf): string | undefined {
  if (runners?.connection !== "pending") return undefined;
  return (
    `Pending: the connection ${runnerConnection(name)} to GitHub, so CI's runners hear of no job. After stage1 is deployed: ` +
    `${HANDSHAKE}. Then runners.connection in ${configFile(name)} becomes "available".`
  );
}

/**
 * A webhook is refused over a connection that nobody has shaken hands on: what is in the way of one that the configuration wants.
 * @throws UnansweredError when the account does not answer
 */
export async function handshakeObstacles({ name, runners }: RunnersOf, account: Account): Promise<readonly Obstacle[]> {
  if (runners?.connection !== "available") return [];
  const { Connections: all = [] } = ((await account.ask(["codeconnections", "list-connections"])) ?? {}) as Connections;
  const connection = runnerConnection(name);
  const status = all.find(({ ConnectionName }) => ConnectionName === connection)?.ConnectionStatus ?? "not there";
  if (status === "AVAILABLE") return [];
  return [
    {
      stack: stackName(name, "stage1"),
      what: `the connection ${connection} to GitHub must be AVAILABLE before its webhook is made, and is ${status}`,
      advice: `${HANDSHAKE}. Until then: runners.connection: "pending" in ${configFile(name)}`,
    },
  ];
}
