import { StackModel } from "../../constructs/shared/policy/model";
import { addressChanges, statefulAddresses } from "../../stacks/stateful-addresses";
import { pinnedWith } from "../stacks/support";
import { build, edited } from "./support";

const ENVIRONMENT = "prod";
const CLUSTERS = ["k8s", "k8s-ml", "k8s-ml-tf"];
const pinned = pinnedWith(ENVIRONMENT);

it("names each volume, subnet and public address that goes with a zone", () => {
  const control = { zones: ["us-east-1a", "us-east-1b", "us-east-1d"], machineType: "m6i.large" };
  const { stacks } = build(
    edited([
      [[ENVIRONMENT, "network", "zones", "us-east-1c"], undefined],
      [[ENVIRONMENT, "network", "zones", "us-east-1b"], { slot: 4 }],
      ...CLUSTERS.map((cluster) => [[ENVIRONMENT, "clusters", cluster, "controlPlane"], control] as const),
    ]),
    [ENVIRONMENT],
  );
  const actual = statefulAddresses(Object.entries(stacks).map(([name, json]) => new StackModel(name, json)));
  const { gone } = addressChanges(actual, {}, pinned);
  const count = (type: string): number => gone.filter((place) => place.includes(`:${type}.`)).length;
  expect([count("aws_ebs_volume"), count("aws_subnet"), count("aws_eip")]).toEqual([2 * CLUSTERS.length, 4, 1]);
  expect(gone).toHaveLength(2 * CLUSTERS.length + 5);
});
