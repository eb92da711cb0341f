import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import { Construct } from "../../../constructs/shared/cdktf";
import { moveFromEarlierId, moveFromEarlierPath } from "../../../constructs/shared/renamed";
import { synth } from "../../support";

/** Something with parts at every depth, below something that keeps its id. */
function zone(scope: Construct, id: string): Construct {
  const made = new Construct(scope, id);
  const queue = new SqsQueue(made, "Resource", { name: id, lifecycle: { preventDestroy: true } });
  new SqsQueuePolicy(new Construct(made, "Access"), "Policy", { queueUrl: queue.url, policy: "{}" });
  return made;
}

interface Body {
  readonly moved?: readonly { readonly from: string; readonly to: string }[];
}

describe("a construct with another id", () => {
  const build = (id: string, earlier?: string, others: readonly string[] = []) => {
    let moved: Body["moved"];
    const stack = synth((scope) => {
      const zones = new Construct(scope, "Zones");
      const made = zone(zones, id);
      for (const other of others) zone(zones, other);
      if (earlier !== undefined) moveFromEarlierId(made, earlier);
      moved = (scope.toTerraform() as Body).moved;
    });
    return { stack, moved };
  };

  it("takes along everything in it, from where it stood, and nothing else", () => {
    const before = build("UsEast1a", undefined, ["Other"]);
    const after = build("UsEast1b", "UsEast1a", ["Other"]);
    const addresses = (stack: typeof before.stack): readonly string[] => stack.resources.map(({ address }) => address);
    const [was, is] = [addresses(before.stack), addresses(after.stack)];
    expect(before.moved).toBeUndefined();
    expect(after.moved).toHaveLength(2);
    expect(after.moved?.map(({ from }) => from).sort()).toEqual(was.filter((address) => !is.includes(address)).sort());
    expect(after.moved?.map(({ to }) => to).sort()).toEqual(is.filter((address) => !was.includes(address)).sort());
  });

  it("has its successors made first, and keeps what else a lifecycle says", () => {
    const { stack } = build("UsEast1b", "UsEast1a", ["Other"]);
    expect(stack.one("aws_sqs_queue", { name: "UsEast1b" }).body["lifecycle"]).toEqual({
      create_before_destroy: true,
      prevent_destroy: true,
    });
    expect(stack.one("aws_sqs_queue", { name: "Other" }).body["lifecycle"]).toEqual({ prevent_destroy: true });
  });
});

test("a construct that stood elsewhere takes along everything in it, and is not made anew", () => {
  let moved: Body["moved"];
  const before = synth((scope) => zone(scope, "Logs"));
  const after = synth((scope) => {
    moveFromEarlierPath(zone(new Construct(scope, "Audit"), "AccessLogs"), ["Logs"]);
    moved = (scope.toTerraform() as Body).moved;
  });
  const addresses = (stack: typeof before): string[] => stack.resources.map(({ address }) => address).sort();
  expect(moved?.map(({ from }) => from).sort()).toEqual(addresses(before));
  expect(moved?.map(({ to }) => to).sort()).toEqual(addresses(after));
  expect(after.one("aws_sqs_queue").body["lifecycle"]).toEqual({ prevent_destroy: true });
});
