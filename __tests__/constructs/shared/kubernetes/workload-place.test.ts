import { Testing } from "../../../../constructs/shared/cdktf";
import { workloadPlace } from "../../../../constructs/shared/kubernetes/workload-place";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const nodes = { label: "jobs", minSize: 0, maxSize: 2 };
const cluster = {
  name: "k8s.test.opsdx.io",
  nodeGroups: { etl: nodes, unmade: nodes },
  autoScalingGroupNames: { etl: "etl.k8s.test.opsdx.io" },
};
const place = (nodeGroup: string, image: string) =>
  workloadPlace(Testing.app(), cluster, { lab: "1.dkr.ecr/lab" }, { nodeGroup, image });

it("is the group's nodes and the image's address by digest", () => {
  expect(place("etl", `lab@${DIGEST}`)).toEqual({
    nodes,
    autoScalingGroupName: "etl.k8s.test.opsdx.io",
    image: `1.dkr.ecr/lab@${DIGEST}`,
  });
});

it("is refused with all that is not there", () => {
  expect(() => place("elt", "lap@sha256:1")).toThrow(
    /config\.nodeGroup must be a labelled node group of k8s\.test\.opsdx\.io \(etl, unmade\), got "elt"\n.*config\.image must come from a repository of the registry \(lab\), got "lap@sha256:1"$/,
  );
  expect(() => place("unmade", `lab@${DIGEST}`)).toThrow('got "unmade"');
});
