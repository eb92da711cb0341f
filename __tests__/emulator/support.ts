import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { ensureEmulator } from "../../tools/sandbox/emulator";
import { endpointOf } from "../../stacks/sandbox/running-sandbox";
import { findPythons, withMoto } from "../../tools/sandbox/moto";
import type { SandboxPaths } from "../../stacks/sandbox/paths";

const AMBIENT = /^(AWS_|OPSDX_SANDBOX$|KUBECONFIG$)/;

/** The interpreter that has the emulator, which `global-setup.ts` has installed where there was none. */
export async function pythonOfEmulator(): Promise<string> {
  const found = withMoto(await findPythons(process.env));
  if (found === undefined) throw new Error("there is no emulator: see what the start of this run says");
  return found.command;
}

/** Starts an emulator and makes it what this process finds as AWS, in place of whatever the person is signed in to. */
export async function useEmulator(paths: SandboxPaths): Promise<Awaited<ReturnType<typeof ensureEmulator>>> {
  for (const name of Object.keys(process.env)) if (AMBIENT.test(name)) Reflect.deleteProperty(process.env, name);
  const emulator = await ensureEmulator({
    paths,
    env: process.env,
    say: () => undefined,
    interpreter: pythonOfEmulator,
  });
  process.env["AWS_ENDPOINT_URL"] = endpointOf(emulator);
  process.env["AWS_EC2_METADATA_DISABLED"] = "true";
  return emulator;
}

/** Signs this process in to an account of the emulator. */
export async function signIn(accountId: string): Promise<void> {
  const sts = new STSClient({ region: "us-east-1", credentials: { accessKeyId: "x", secretAccessKey: "x" } });
  const { Credentials: keys } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${accountId}:role/test`, RoleSessionName: "test" }),
  );
  process.env["AWS_ACCESS_KEY_ID"] = keys?.AccessKeyId ?? "";
  process.env["AWS_SECRET_ACCESS_KEY"] = keys?.SecretAccessKey ?? "";
  process.env["AWS_SESSION_TOKEN"] = keys?.SessionToken ?? "";
}

/** What Terraform asked the emulator for since it started: operations by stack, command and account. */
export type RecordedOperations = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>>
>;

/** @param endpoint - the emulator's address */
export async function recordedOperations(endpoint = process.env["AWS_ENDPOINT_URL"]): Promise<RecordedOperations> {
  return (await (await fetch(`${endpoint ?? ""}/opsdx/operations`)).json()) as RecordedOperations;
}
