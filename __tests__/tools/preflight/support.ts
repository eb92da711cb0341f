import type { Account } from "../../../tools/preflight/account";
import type { Held, Planned } from "../../../tools/preflight/planned";

/** An account by what it answers: the beginning of a call, and the answer. What is not there is not there. */
export class FakeAccount implements Account {
  public readonly id = "444455556666";
  public readonly region = "us-east-1";
  public readonly asked: string[] = [];

  public constructor(private readonly answers: Readonly<Record<string, unknown>>) {}

  public ask(words: readonly string[], region = this.region): Promise<unknown> {
    const call = `${words.join(" ")} @${region}`;
    this.asked.push(call);
    const answer = Object.entries(this.answers).find(([start]) => call.startsWith(start))?.[1];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
}

/** A resource of dev-stage1, among others and with what the states hold. */
export function resource(
  address: string,
  body: Planned["body"] = {},
  { declared = [], held = [] }: Partial<Planned["around"]> = {},
): Planned {
  return {
    ...{ address, body, type: address.split(".")[0] ?? "", stack: "dev-stage1", path: "dev-stage1/It" },
    region: "us-east-1",
    around: { declared, held },
  };
}

/** A resource that the state of a stack holds. */
export function held(stack: string, address: string, attributes: Held["attributes"]): Held {
  return {
    ...{ stack, address, attributes, type: address.split(".")[0] ?? "" },
    accountId: "444455556666",
    region: "us-east-1",
  };
}
