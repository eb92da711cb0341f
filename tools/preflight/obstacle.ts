import type { Account } from "./account";
import type { Planned } from "./planned";

/** Something of an account that a first deployment would fail at. */
export interface Obstacle {
  /** Where Terraform would fail. */
  readonly stack: string;
  /** Address of the resource in it; several share a quota. @default - more than one resource */
  readonly address?: string;
  /** What is in the way. */
  readonly what: string;
  /** Id under which Terraform takes it over as it is. @default - it cannot be taken over */
  readonly importId?: string;
  /** What to do otherwise, or besides. @default - import it */
  readonly advice?: string;
  /** What must be done before it can be taken over. @default - nothing */
  readonly first?: readonly string[];
  /** What is taken over with it. @default - nothing */
  readonly also?: readonly Also[];
}

/** What belongs to a thing that is taken over. */
export interface Also {
  /** Address of its resource. */
  readonly address: string;
  /** Id under which Terraform takes it over. */
  readonly importId: string;
}

/** Looks for what is in the way of the resources of some types. */
export interface Check {
  /** The types. */
  readonly types: readonly string[];
  /** Asks the account. It is called only where there is something to make. */
  readonly find: (planned: readonly Planned[], account: Account) => Promise<readonly Obstacle[]>;
}

/** A thing that is there already, and may be taken over. */
export function taken({ stack, address }: Planned, what: string, importId: string, advice?: string): Obstacle {
  return { stack, address, what, importId, advice };
}

/** What a person reads of the obstacles, with what to write where. */
export function obstaclesText(obstacles: readonly Obstacle[]): string {
  const lines = obstacles.map(({ stack, address, what, importId, advice, also = [], first = [] }) =>
    [
      `${[stack, address].filter(Boolean).join(" ")}: ${what}.`,
      ...(importId === undefined ? [] : [importBlock(address ?? "", importId)]),
      ...also.map((one) => importBlock(one.address, one.importId)),
      ...[advice, ...first].flatMap((line) => (line === undefined ? [] : [`  ${line}.`])),
    ].join("\n"),
  );
  const imports = obstacles.some(({ importId }) => importId !== undefined);
  return [
    ...lines,
    ...(imports
      ? [
          "`npx opsdx adopt <stack>` writes these blocks and plans with them. By hand: an import block belongs into a file of the stack's folder, which `npx cdktf synth` makes: cdktf.out/stacks/<stack>/imports.tf. There,\n" +
            "`terraform init` and `terraform plan` show what would change of it; `terraform import <to> <id>` takes it over without a block.",
        ]
      : []),
  ].join("\n\n");
}

/** @see https://developer.hashicorp.com/terraform/language/import */
function importBlock(to: string, id: string): string {
  return ["  import {", `    to = ${to}`, `    id = ${JSON.stringify(id)}`, "  }"].join("\n");
}
