import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { RENEW_SCRIPT } from "../../constructs/stage3/concourse/registry-login";
import { stopEmulator } from "../../tools/sandbox/emulator";
import { signIn, useEmulator } from "./support";

const before = { ...process.env };
const folder = mkdtempSync(path.join(os.tmpdir(), "registry-login-"));
const paths = new SandboxPaths(folder);
const LOGIN_NAME = "opsdx/dev/concourse/pipelines/main/registry-login";

/** The Job's script, with the AWS CLI of this machine, and what it printed. */
function renew(name = LOGIN_NAME) {
  const env = { ...process.env, LOGIN_NAME: name, AWS_REGION: "us-east-1", REGISTRY_REGION: "us-east-1", HOME: folder };
  return spawnSync("sh", ["-eu", "-c", RENEW_SCRIPT], { env, encoding: "utf8" });
}

const secrets = (): SecretsManagerClient => new SecretsManagerClient({ region: "us-east-1" });
const cli = spawnSync("aws", ["--version"]).error === undefined;

(cli ? describe : describe.skip)(
  "the login of Concourse's pipelines to the registry, by the AWS CLI where that is on the PATH",
  () => {
    beforeAll(async () => {
      await useEmulator(paths);
      await signIn("444455556666");
      await secrets().send(new CreateSecretCommand({ Name: LOGIN_NAME }));
    }, 120_000);

    afterAll(async () => {
      await stopEmulator(paths);
      process.env = before;
      rmSync(folder, { recursive: true });
    });

    it("is put into its secret as the pipeline reads it, anew each time, and is not printed", async () => {
      for (const versions of [1, 2]) {
        const { status, stderr, stdout } = renew();
        expect([status, stderr]).toEqual([0, ""]);
        const { SecretString = "" } = await secrets().send(new GetSecretValueCommand({ SecretId: LOGIN_NAME }));
        const { password, username } = JSON.parse(SecretString) as { username: string; password: string };
        // What the registry's token is made of: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
        expect(username).toBe("AWS");
        expect(password.length).toBeGreaterThan(20);
        expect(stdout).not.toContain(password);
        const { Versions = [] } = await secrets().send(new ListSecretVersionIdsCommand({ SecretId: LOGIN_NAME }));
        expect(Versions).toHaveLength(versions);
      }
    });

    it("fails where there is no such secret, and where the registry gives no login", () => {
      expect(renew("opsdx/dev/concourse/other").status).not.toBe(0);
      const env = { ...process.env, AWS_ENDPOINT_URL_ECR: "http://127.0.0.1:1" };
      const { status } = spawnSync("sh", ["-eu", "-c", RENEW_SCRIPT], {
        env: {
          ...env,
          LOGIN_NAME,
          AWS_REGION: "us-east-1",
          REGISTRY_REGION: "us-east-1",
          AWS_MAX_ATTEMPTS: "1",
          HOME: folder,
        },
        encoding: "utf8",
      });
      expect(status).not.toBe(0);
    });
  },
);
