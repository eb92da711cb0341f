import { rollingUpdateNotice } from "../../../tools/kops/rolling-update";

describe("rollingUpdateNotice", () => {
  it.each(["update", "replace"])(
    "says that a plan with an %s of a launch template needs a rolling update",
    (action) => {
      const address = "aws_launch_template.K8s_GroupEtl_LaunchTemplate_B68EF7C1";
      expect(rollingUpdateNotice([{ address, action }])?.split("\n")).toEqual([
        "A launch template changes: a rolling update is needed, for running nodes keep what they were started with.",
        `  ${action} ${address}`,
        "In its order, control planes first: npx opsdx kops upgrade <env> <cluster>",
      ]);
    },
  );

  it("counts several", () => {
    const changes = ["A", "B"].map((name) => ({ address: `aws_launch_template.${name}`, action: "update" }));
    expect(rollingUpdateNotice(changes)).toContain("2 launch templates change: a rolling update is needed");
  });

  it.each([
    ["a first launch", [{ address: "aws_launch_template.Etl", action: "create" }]],
    ["a tear-down", [{ address: "aws_launch_template.Etl", action: "delete" }]],
    ["anything else", [{ address: "aws_autoscaling_group.Etl", action: "update" }]],
    ["no change", []],
  ])("says nothing of %s", (_, changes) => {
    expect(rollingUpdateNotice(changes)).toBeUndefined();
  });
});
