import path from "node:path";
import { IamGroup } from "@cdktf/provider-aws/lib/iam-group";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { reportError } from "../../config/explained-error";
import { loadConfig } from "../../config/load";
import { App } from "../../constructs/shared/cdktf";
import { BaseStack } from "../../stacks/base-stack";
import { deploymentFor } from "../../stacks/deployment";

/** Made one after the other. */
const ROLES = 12;

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }],
});

/** The role in mid-apply whose making lasts as long as there is a file beside the sandbox's folder. */
const HELD = 5;
const HOLD = path.join(path.dirname(process.env["OPSDX_SANDBOX"] ?? ""), "hold");

/** Two stacks under names that the sandbox knows, with a moment in mid-apply that can be held: what faults are tried on. */
function build(): App {
  const { global } = loadConfig();
  const app = new App({ stackTraces: false });
  const shared = { owner: "global", account: global.account, deployment: deploymentFor(global) };
  const first = new BaseStack(app, "global", shared);
  let former: IamRole | undefined;
  for (let number = 1; number <= ROLES; number += 1) {
    former = new IamRole(first, `Role${number}`, {
      name: `role-${number}`,
      assumeRolePolicy: TRUST,
      dependsOn: former === undefined ? undefined : [former],
      provisioners:
        number === HELD ? [{ type: "local-exec", command: `while [ -e '${HOLD}' ]; do sleep 0.1; done` }] : undefined,
    });
  }
  const second = new BaseStack(app, "dev-stage1", shared);
  second.addDependency(first);
  new IamGroup(second, "Group", { name: "group" });
  return app;
}

try {
  build().synth();
} catch (error) {
  reportError(error);
}
