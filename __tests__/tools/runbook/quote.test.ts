import { spawnSync } from "node:child_process";
import { quotePlaceholders } from "../../../tools/runbook/quote";

test.each([
  ["kubectl describe pod <pod>", "kubectl describe pod '<pod>'"],
  ["kubectl --context <cluster>.<env>.opsdx.io get pods", "kubectl --context '<cluster>.<env>.opsdx.io' get pods"],
  ["ZONE=<id> run --name=<name>/x", "ZONE='<id>' run --name='<name>/x'"],
  [`aws x --query "A[?b=='<name>']" --id <id>`, `aws x --query "A[?b=='<name>']" --id '<id>'`],
  ["grep '<name> it' <file>", "grep '<name> it' '<file>'"],
  [
    `aws x --arn "$(aws y --name <name> --z 'a)b' <id>)" <key>`,
    `aws x --arn "$(aws y --name '<name>' --z 'a)b' '<id>')" '<key>'`,
  ],
  ["diff <(sort a) <(sort <file>)", "diff <(sort a) <(sort '<file>')"],
  ["echo \\<x \\' <id>", "echo \\<x \\' '<id>'"],
])("%s becomes %s", (command, expected) => {
  expect(quotePlaceholders(command)).toBe(expected);
  expect(spawnSync("bash", ["-n"], { input: expected, encoding: "utf8" }).stderr).toBe("");
});
