import { cdktf, jobAgain, shell } from "../../../../constructs/shared/observability/command";

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

test.each(["logs -l app=web --tail=100 -f", "-n default logs -f -l app=web", "logs --selector=app=web --follow"])(
  "kubectl does not follow `%s`, which ends at the sixth pod",
  (words) => {
    const command = `kubectl --context k8s.dev.opsdx.io ${words}`;
    expect(() => shell(command)).toThrow("must say --max-log-requests where it follows logs by a label");
    expect(shell(`${command} --max-log-requests=100`).command).toContain("logs");
  },
);

test.each(["logs -l app=web --tail=100", "-n default logs job/a -f", "logs deployment/web -f | grep -l app=web"])(
  "kubectl reads `%s` as it is",
  (words) => {
    expect(shell(`kubectl --context k8s.dev.opsdx.io ${words}`).command).toContain("logs");
  },
);
