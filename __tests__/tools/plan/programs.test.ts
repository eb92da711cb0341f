import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { withPrograms } from "../../../tools/plan/programs";
import { Children } from "../../../tools/terraform/children";

/** A program of one stack that holds the environment which it was run with. */
const APP = `
const { mkdirSync, writeFileSync } = require("node:fs");
const out = process.env.CDKTF_OUTDIR;
mkdirSync(out + "/stacks/global", { recursive: true });
const stack = { name: "global", workingDirectory: "stacks/global", dependencies: [] };
writeFileSync(out + "/manifest.json", JSON.stringify({ stacks: { global: stack } }));
writeFileSync(out + "/stacks/global/cdk.tf.json", JSON.stringify({ ...process.env, CDKTF_OUTDIR: "", PWD: "" }));
`;
const git = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.org",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.org",
};

describe("withPrograms", () => {
  const root = mkdtempSync(path.join(tmpdir(), "programs-"));
  writeFileSync(path.join(root, "app.cjs"), APP);
  writeFileSync(path.join(root, "cdktf.json"), JSON.stringify({ app: "node app.cjs" }));
  for (const words of [
    ["init", "--quiet"],
    ["add", "."],
    ["commit", "--quiet", "-m", "one"],
  ]) {
    execFileSync("git", words, { cwd: root, env: { ...process.env, ...git } });
  }
  const compared = (env: NodeJS.ProcessEnv) =>
    withPrograms(
      {
        ref: "HEAD",
        root,
        env: { PATH: process.env["PATH"], ...git, ...env },
        children: new Children(),
        say: () => undefined,
      },
      async ({ differences, folder, head }) => {
        const [stack] = head.stacks;
        const { default: seen } = (await import(path.join(stack?.directory ?? "", "cdk.tf.json"))) as {
          default: Record<string, string>;
        };
        return { differences, seen, folder };
      },
    );

  it("gives no credentials to the code of a checkout, and tells it that it is for a plan", async () => {
    const secrets = {
      AWS_ACCESS_KEY_ID: "key",
      AWS_SESSION_TOKEN: "token",
      GITHUB_TOKEN: "token",
      ACTIONS_ID_TOKEN_REQUEST_URL: "https://token",
    };
    const { seen } = await compared({ ...secrets, OPSDX_SANDBOX: "/sandbox" });
    expect(Object.keys(seen).filter((name) => name in secrets)).toEqual([]);
    expect(seen).toMatchObject({ OPSDX_SANDBOX: "/sandbox", OPSDX_PLANNING: "1" });
  });

  it("compares, and leaves nothing behind", async () => {
    const { differences, folder } = await compared({});
    expect(differences).toMatchObject([{ stack: "global", change: "unchanged" }]);
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(path.join(root, ".cache/plan"))).toEqual([]);
  });
});
