import { rmSync } from "node:fs";
import path from "node:path";
import { findPythons, inspectPython, installMoto, MOTO_VERSION, withMoto } from "../../../tools/sandbox/moto";
import { Children } from "../../../tools/terraform/children";
import { fakeBin, temporaryFolder } from "./support";

const folder = temporaryFolder();
const cache = path.join(folder, "cache");
const home = path.join(cache, `opsdx-cloud/moto_server-${MOTO_VERSION}`);

let said: string[] = [];

/** A Python that makes virtual environments in which pip leaves what is told. */
function python(moto: string | null): Promise<string> {
  const facts = JSON.stringify({ python: "3.12.1", moto, venv: true });
  const script = `#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$4/bin" && cp "$0" "$4/bin/python"; exit; fi
if [ "$1" = -c ]; then echo '${facts}'; fi
`;
  const bin = fakeBin(folder, { python3: script });
  const env = { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: cache };
  const own = { command: path.join(bin, "python3"), python: "3.12.1", venv: true };
  said = [];
  rmSync(home, { recursive: true, force: true });
  return installMoto(own, { env, children: new Children(), say: (line) => said.push(line) });
}

it("the emulator that is installed is the one that is wanted", async () => {
  const interpreter = await python(MOTO_VERSION);
  expect(interpreter).toBe(path.join(home, "bin/python"));
  expect(await inspectPython(interpreter, { PATH: "/usr/bin:/bin" })).toMatchObject({ moto: MOTO_VERSION });
  expect(said).toEqual([expect.stringContaining(`Installing moto_server ${MOTO_VERSION} into ${home}, once`)]);
  // Another sandbox, or a test, finds it there.
  const found = await findPythons({ PATH: "/usr/bin:/bin", XDG_CACHE_HOME: cache });
  expect(withMoto(found)?.command).toBe(interpreter);
});

it.each([
  ["nothing", null, "of no version"],
  ["another version", "4.0.0", "4.0.0"],
])("an installation that leaves %s is no emulator", async (_, moto, words) => {
  await expect(python(moto)).rejects.toThrow(
    `the emulator is not whole after its installation: ${home}/bin/python has moto ${words}, and must have ${MOTO_VERSION} as a server`,
  );
});
