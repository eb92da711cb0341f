import path from "node:path";
import { inspectPython, installMoto, MOTO_VERSION } from "../../../tools/sandbox/moto";
import { Children } from "../../../tools/terraform/children";
import { fakeBin, freshPaths, temporaryFolder } from "./support";

const folder = temporaryFolder();
const paths = freshPaths(folder);

/** A Python that makes virtual environments in which pip leaves what is told. */
function python(moto: string | null): Promise<string> {
  const facts = JSON.stringify({ python: "3.12.1", moto, venv: true });
  const script = `#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$4/bin" && cp "$0" "$4/bin/python"; exit; fi
if [ "$1" = -c ]; then echo '${facts}'; fi
`;
  const bin = fakeBin(folder, { python3: script });
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const own = { command: path.join(bin, "python3"), python: "3.12.1", venv: true };
  return installMoto(paths, own, new Children(), env);
}

it("the emulator that is installed is the one that is wanted", async () => {
  const interpreter = await python(MOTO_VERSION);
  expect(interpreter).toBe(path.join(paths.venv(), "bin/python"));
  expect(await inspectPython(interpreter, { PATH: "/usr/bin:/bin" })).toMatchObject({ moto: MOTO_VERSION });
});

it.each([
  ["nothing", null, "of no version"],
  ["another version", "4.0.0", "4.0.0"],
])("an installation that leaves %s is no emulator", async (_, moto, words) => {
  await expect(python(moto)).rejects.toThrow(
    `the emulator is not whole after its installation: ${paths.venv()}/bin/python has moto ${words}, and must have ${MOTO_VERSION} as a server`,
  );
});
