import { cdktf, jobAgain } from "../../../../constructs/shared/observability/command";

const ALONE = "--ignore-missing-stack-dependencies";

test.each([
  ["deploy", "global", "npx cdktf deploy global"],
  ["deploy", "dev-stage1", `npx cdktf deploy dev-stage1 ${ALONE}`],
  ["deploy", "dev-stage3", `npx cdktf deploy dev-stage3 ${ALONE}`],
  ["diff", "dev-stage3", "npx cdktf diff dev-stage3"],
  ["destroy", "dev-stage3", "npx cdktf destroy dev-stage3"],
  ["destroy", "dev-stage1", `npx cdktf destroy dev-stage1 ${ALONE}`],
  ["destroy", "global", `npx cdktf destroy global ${ALONE}`],
] as const)("cdktf is told to %s %s without the stacks around it, where there are some", (verb, stack, command) => {
  expect(cdktf(verb, stack).command).toBe(command);
});

test("a Job is made again however often: one of before has its name", () => {
  const on = "kubectl --context k8s.dev.opsdx.io -n redash";
  expect(jobAgain({ cluster: "k8s.dev.opsdx.io", namespace: "redash" }, "setup").map(({ command }) => command)).toEqual(
    [`${on} delete job setup-again --ignore-not-found`, `${on} create job setup-again --from=cronjob/setup`],
  );
});
