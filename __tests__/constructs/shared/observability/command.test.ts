import { cdktf } from "../../../../constructs/shared/observability/command";

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
