import { StackModel } from "../../constructs/shared/policy/model";
import { changesOf, typesOf } from "./changes";
import { build, edited, type Built, type Edits } from "./support";

/** Addresses that people and firewalls know, and where things stand. */
const cidrs = (built: Built, stack: string): readonly unknown[] =>
  new StackModel(stack, built.stacks[stack] ?? {}).ofType("aws_subnet").map(({ address, body }) => [address, body]);

/** Where the web must stand in every zone its group needs a node more, as the refusal says. */
const ROOM: Readonly<Record<string, Edits>> = {
  dev: [],
  prod: [[["prod", "clusters", "k8s", "nodeGroups", "web", "minSize"], 4]],
};

describe.each(Object.keys(ROOM))("us-east-1b in %s", (environment) => {
  const room = ROOM[environment] ?? [];
  const before = build(edited(room), [environment]);
  const after = build(edited([...room, [[environment, "network", "zones", "us-east-1b"], { slot: 4 }]]), [environment]);

  it("takes nothing away and moves no address", () => {
    for (const stack of Object.keys(before.stacks)) expect(changesOf(before, after, stack).removed).toEqual([]);
    expect(cidrs(after, `${environment}-stage1`)).toEqual(
      expect.arrayContaining([...cidrs(before, `${environment}-stage1`)]),
    );
    const { changed } = changesOf(before, after, `${environment}-stage1`);
    for (const type of ["aws_subnet", "aws_eip", "aws_nat_gateway", "aws_db_instance"]) {
      expect(typesOf(changed)).not.toContain(type);
    }
  });

  it("adds a subnet of each role, and a public address where each zone has its own", () => {
    const { added } = changesOf(before, after, `${environment}-stage1`);
    expect(added.filter((address) => address.startsWith("aws_subnet."))).toHaveLength(4);
    expect(added.filter((address) => address.startsWith("aws_eip."))).toHaveLength(environment === "prod" ? 1 : 0);
  });

  it("changes lists of subnets only, and what watches them", () => {
    const kinds = Object.fromEntries(
      Object.keys(before.stacks).map((stack) => [stack, typesOf(changesOf(before, after, stack).changed)]),
    );
    // Of composite alarms, which name every alarm, stage1 has one more member only where there is a gateway more.
    const gateways = environment === "prod" ? ["aws_cloudwatch_composite_alarm"] : [];
    expect(kinds).toEqual({
      global: [],
      [`${environment}-stage1`]: [
        // Where controllers and runners start.
        "aws_autoscaling_group",
        ...gateways,
        "aws_codebuild_project",
        "aws_db_subnet_group",
        // Which subnets a runner may join.
        "aws_iam_policy",
        "aws_ssm_parameter",
        "aws_vpc_endpoint",
        "output.core",
      ],
      [`${environment}-stage2`]: ["aws_autoscaling_group"],
      [`${environment}-stage3`]: [
        "aws_cloudwatch_composite_alarm",
        "aws_cloudwatch_dashboard",
        // The drill that cuts a zone off takes the last one.
        "aws_fis_experiment_template",
        // A run of a load test stops at the new zone's alarm, too.
        "aws_iam_policy",
        "aws_lambda_function",
        "aws_lb",
        // The addresses of load tests.
        ...(environment === "prod" ? ["aws_wafv2_ip_set"] : []),
        // Builds reach no subnet of the databases and of the API.
        ...(environment === "dev" ? ["helm_release"] : []),
        "kubernetes_config_map_v1",
        "kubernetes_cron_job_v1",
        ...(environment === "dev" ? ["kubernetes_network_policy_v1"] : []),
      ],
    });
  });

  it("is within the policy", () => {
    expect(after.open).toEqual([]);
  });
});
