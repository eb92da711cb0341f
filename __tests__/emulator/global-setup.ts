import { findPythons, installer, installMoto, withMoto } from "../../tools/sandbox/moto";
import { Children } from "../../tools/terraform/children";

/** Installs the emulator once for all test files, where no Python here has it. */
export default async function installEmulator(): Promise<void> {
  const pythons = await findPythons(process.env);
  const python = installer(pythons);
  if (withMoto(pythons) !== undefined || python === undefined) return;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await installMoto(python, { env: process.env, children: new Children(), say });
}
