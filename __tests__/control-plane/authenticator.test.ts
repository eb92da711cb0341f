import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { clusterToken } from "../../lambdas/etl-launcher/token";
import { checkSettings } from "../../lambdas/etl-launcher/settings";
import { authenticate, type AuthenticatorSettings } from "../../tools/control-plane/authenticator";
import { ensureEmulator, stopEmulator } from "../../tools/sandbox/emulator";
import { endpointOf } from "../../stacks/sandbox/running-sandbox";
import { pythonOfEmulator } from "../emulator/support";
import { SandboxPaths } from "../../stacks/sandbox/paths";
import { newAuthority } from "../lambdas/etl-launcher/certificate";

jest.setTimeout(120_000);

const ACCOUNT = "123456789012";
const folder = mkdtempSync(path.join(os.tmpdir(), "authenticator-"));
const paths = new SandboxPaths(folder);

let url: string;
let settings: AuthenticatorSettings;

beforeAll(async () => {
  const emulator = await ensureEmulator({
    paths,
    env: process.env,
    interpreter: pythonOfEmulator,
    say: () => undefined,
  });
  url = endpointOf(emulator);
  settings = {
    clusterId: "k8s.dev.opsdx.io",
    accountId: ACCOUNT,
    identityMappings: [
      { roleName: "opsdx-dev-etl-launcher", username: "etl-launcher", groups: ["opsdx:etl-launchers"] },
    ],
    callers: { kind: "sts", endpoint: url },
  };
});

afterAll(async () => {
  await stopEmulator(paths);
  rmSync(folder, { recursive: true, force: true });
});

/** Keys that the emulator hands out to a role. */
async function keysOf(role: string, account = ACCOUNT): Promise<Record<string, string>> {
  const sts = new STSClient({
    region: "us-east-1",
    endpoint: url,
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
  });
  const { Credentials: keys } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/${role}`, RoleSessionName: "launch" }),
  );
  return {
    AWS_ACCESS_KEY_ID: keys?.AccessKeyId ?? "",
    AWS_SECRET_ACCESS_KEY: keys?.SecretAccessKey ?? "",
    AWS_SESSION_TOKEN: keys?.SessionToken ?? "",
  };
}

/** The token that the launcher makes with keys. */
async function token(keys: Record<string, string>, clusterId = settings.clusterId): Promise<string> {
  const launcher = checkSettings({
    CLUSTER_ENDPOINT: "https://api.k8s.dev.opsdx.io",
    CLUSTER_ID: clusterId,
    CLUSTER_CA: Buffer.from(newAuthority("a").certificate).toString("base64"),
    NAMESPACE: "etl",
    METRIC_NAMESPACE: "OpsDX/ETL",
    ENVIRONMENT: "dev",
    AWS_REGION: "us-east-1",
    ...keys,
  });
  return await clusterToken(launcher, new Date());
}

describe("an authenticator that asks the emulator", () => {
  it("knows a role by the keys that the emulator gave it", async () => {
    const user = await authenticate(await token(await keysOf("opsdx-dev-etl-launcher")), settings, new Date());
    expect(user).toEqual({
      username: "etl-launcher",
      groups: ["opsdx:etl-launchers"],
      extra: {
        arn: [`arn:aws:sts::${ACCOUNT}:assumed-role/opsdx-dev-etl-launcher/launch`],
        sessionName: ["launch"],
      },
    });
  });

  it("refuses a role that is not mapped, and the same role of another account", async () => {
    const others = [await keysOf("opsdx-dev-other"), await keysOf("opsdx-dev-etl-launcher", "210987654321")];
    for (const keys of others) {
      await expect(authenticate(await token(keys), settings, new Date())).rejects.toThrow("is not mapped to a user");
    }
  });

  it("refuses keys that the emulator does not know", async () => {
    const keys = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "none" };
    await expect(authenticate(await token(keys), settings, new Date())).rejects.toThrow("user/moto is not mapped");
  });

  // The emulator checks no signature. When it does, this fails, and `callers.ts` and docs/control-plane.md say too little.
  it("cannot tell a token of another cluster", async () => {
    const other = await token(await keysOf("opsdx-dev-etl-launcher"), "k8s.prod.opsdx.io");
    await expect(authenticate(other, settings, new Date())).resolves.toMatchObject({ username: "etl-launcher" });
  });
});
