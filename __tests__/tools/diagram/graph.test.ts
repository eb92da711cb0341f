import { programGraph, type Graph } from "../../../tools/diagram/graph";
import { smallProgram, type SmallStack } from "./support";

const state = (stack: string) => ({
  terraform_remote_state: { Before: { config: { key: `dev/${stack}.tfstate` } } },
});
const imported = (keys: string): string => `\${data.terraform_remote_state.Before.outputs.${keys}}`;

const stage1: SmallStack = {
  systems: { Core: "core", Db: "db" },
  resources: {
    Vpc: ["Core/Resource", "aws_vpc", {}],
    Group: ["Db/Group", "aws_security_group", { vpc_id: "${aws_vpc.Vpc.id}" }],
    Db: ["Db/Db", "aws_db_instance", { vpc_security_group_ids: ["${aws_security_group.Group.id}"] }],
    Published: ["PublishCoreVpcId", "aws_ssm_parameter", { value: "${aws_vpc.Vpc.id}" }],
  },
  rest: { output: { core: { value: { vpcId: "${aws_vpc.Vpc.id}", cidr: "10.0.0.0/16" } } } },
};
const stage2: SmallStack = {
  systems: { "K8s/Operations": "k8s" },
  resources: {
    Machines: ["K8s/Group", "aws_launch_template", { network: imported("core.vpcId") }],
    Alarm: ["K8s/Operations/Alarm", "aws_cloudwatch_metric_alarm", {}],
    Way: ["K8s/Api", "aws_iam_role", { policy: imported("core.cidr") }],
  },
  rest: {
    data: state("dev-stage1"),
    output: { k8s: { value: { host: "https://api", asg: "${aws_launch_template.Machines.id}" } } },
  },
};
const stage3: SmallStack = {
  systems: { Web: "web" },
  resources: {
    Pods: ["Web/Pods", "kubernetes_deployment_v1", { provider: "kubernetes.k8s" }],
    Space: ["Space", "kubernetes_namespace_v1", { provider: "kubernetes.k8s" }],
  },
  rest: { data: state("dev-stage2"), provider: { kubernetes: [{ alias: "k8s", host: imported("k8s.host") }] } },
};

const graphOf = (changes: Readonly<Record<string, SmallStack>> = {}): Graph => {
  const { facts, models, places } = smallProgram({
    "dev-stage1": stage1,
    "dev-stage2": stage2,
    "dev-stage3": stage3,
    ...changes,
  });
  return programGraph(models, facts, places);
};
const said = ({ edges }: Graph): readonly string[] =>
  edges.map(({ from, to, kind, references }) => `${from.name} ${kind} ${to.name} ${references.length}`);
const without = (stack: SmallStack, name: string, argument: string): SmallStack => {
  const [path, type, body] = stack.resources[name] ?? ["", "", {}];
  return { ...stack, resources: { ...stack.resources, [name]: [path, type, { ...body, [argument]: undefined }] } };
};

it("draws what resources refer to, through outputs and providers, and plain data of the system that hands it on", () => {
  expect(said(graphOf())).toEqual([
    "db network core 1",
    "k8s network core 1",
    "k8s rights core 1",
    "web runs k8s 1",
    "in no system runs k8s 1",
  ]);
});

it.each([
  ["dev-stage1", without(stage1, "Group", "vpc_id"), "db network core 1"],
  ["dev-stage2", without(stage2, "Machines", "network"), "k8s network core 1"],
  ["dev-stage2", without(stage2, "Way", "policy"), "k8s rights core 1"],
  ["dev-stage3", without(stage3, "Pods", "provider"), "web runs k8s 1"],
] as const)("draws no arrow that nothing backs: %s without a reference", (stack, changed, gone) => {
  expect(said(graphOf({ [stack]: changed }))).toEqual(said(graphOf()).filter((edge) => edge !== gone));
});

it("draws no arrow to an output that the other stack does not have", () => {
  expect(said(graphOf({ "dev-stage1": { ...stage1, rest: {} } }))).not.toContainEqual(
    expect.stringContaining("k8s network"),
  );
});

it("counts what stands beside a system, below the same construct of the stack, to the system", () => {
  const { units } = graphOf();
  expect(units.map(({ name, resources }) => [name, resources.length])).toEqual([
    ["core", 1],
    ["db", 2],
    ["k8s", 3],
    ["web", 1],
    ["in no system", 1],
  ]);
});

it("refuses a stack that the configuration does not have", () => {
  const { facts, models } = smallProgram({ "dev-stage1": stage1 });
  expect(() => programGraph(models, facts, [])).toThrow("dev-stage1: must be a stack of the configuration");
});
