import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../../../tools/processes";
import { Children, InterruptedError } from "../../../tools/terraform/children";
import { loadConfig } from "../../../config/load";
import { cacheFolder, findBinaries, PROGRAMS, type BinariesSearch } from "../../../tools/control-plane/binaries";

const folder = mkdtempSync(path.join(os.tmpdir(), "binaries-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
let said: string[];
let env: NodeJS.ProcessEnv;

/** A folder of executables; each says what it was called with. */
function executables(names: readonly string[], script = "#!/bin/sh\n"): string {
  count += 1;
  const bin = path.join(folder, `bin-${count}`);
  mkdirSync(bin);
  for (const name of names) writeFileSync(path.join(bin, name), script, { mode: 0o755 });
  return bin;
}

/** A Go that says its version and "builds" what it is asked for. */
function fakeGo(version = "go1.26.8", build = "true"): string {
  const script = `#!/bin/sh
if [ "$1" = env ]; then echo ${version}; exit; fi
echo "$PWD $GOFLAGS $*" > ${folder}/go-called
while [ "$1" != -o ]; do shift; done
out=$2
shift 2
for package in "$@"; do
  name=$(basename "$package")
  [ "$name" = v3 ] && name=server
  printf '#!/bin/sh\\n' > "$out$name"
  chmod +x "$out$name"
done
${build}
`;
  return executables(["go"], script);
}

const system = "/usr/bin:/bin";
const find = (changed: NodeJS.ProcessEnv = {}): Promise<BinariesSearch> =>
  findBinaries({ env: { ...env, ...changed }, say: (message) => said.push(message) });

beforeEach(() => {
  count += 1;
  said = [];
  env = { HOME: path.join(folder, `home-${count}`), PATH: `${fakeGo()}:${system}` };
});

it("takes what KUBEBUILDER_ASSETS has, without building", async () => {
  const assets = executables(PROGRAMS);
  const search = await find({ KUBEBUILDER_ASSETS: assets });
  expect(search).toMatchObject({ kind: "found", binaries: { kwok: path.join(assets, "kwok") } });
  expect(said).toEqual([]);
});

it("takes the rest from the build when KUBEBUILDER_ASSETS has only what envtest has", async () => {
  const assets = executables(["etcd", "kube-apiserver", "kubectl"]);
  const search = await find({ KUBEBUILDER_ASSETS: assets });
  expect(search).toMatchObject({
    kind: "found",
    binaries: { etcd: path.join(assets, "etcd"), kwok: path.join(cacheFolder(env), "kwok") },
  });
});

it("builds again what is empty", async () => {
  const first = await find();
  expect(first.kind).toBe("found");
  const kwok = path.join(cacheFolder(env), "kwok");
  writeFileSync(kwok, "");
  said = [];
  expect((await find()).kind).toBe("found");
  expect(said[0]).toContain("Building the Kubernetes control plane");
  expect(readFileSync(kwok, "utf8")).toBe("#!/bin/sh\n");
});

it("stops a build at the first interrupt, with all that it started, and leaves nothing of it", async () => {
  const begun = path.join(folder, "begun");
  env["PATH"] = `${fakeGo("go1.26.8", `echo $$ > ${begun}.new; mv ${begun}.new ${begun}; exec sleep 300`)}:${system}`;
  const children = new Children();
  const search = findBinaries({ env, say: (message) => said.push(message), children });
  while (!existsSync(begun)) await delay(20);
  children.interrupt();
  await expect(search).rejects.toThrow(InterruptedError);
  while (isAlive(Number(readFileSync(begun, "utf8")))) await delay(20);
  expect(readdirSync(path.dirname(cacheFolder(env)))).toEqual([]);
});

it("names what KUBEBUILDER_ASSETS lacks", async () => {
  const assets = executables(["etcd", "kwok"]);
  await expect(find({ KUBEBUILDER_ASSETS: assets })).resolves.toEqual({
    kind: "missing",
    reason: `KUBEBUILDER_ASSETS is ${assets}, which has no kube-apiserver`,
  });
});

it("builds once into the user's cache, says so, and finds it there afterwards", async () => {
  const first = await find({ GOFLAGS: "-modcacherw" });
  expect(first).toMatchObject({ kind: "found", binaries: { etcd: path.join(cacheFolder(env), "etcd") } });
  expect(said[0]).toContain("about ten minutes, once");
  const called = readFileSync(path.join(folder, "go-called"), "utf8");
  expect(called).toMatch(/^\S+\/tools\/control-plane -modcacherw build -mod=readonly -trimpath -ldflags=/);
  expect(called).toContain("k8s.io/component-base/version.gitVersion=v1.");

  said = [];
  await expect(find({ PATH: "/nowhere" })).resolves.toEqual(first);
  expect(said).toEqual([]);
});

it("caches where XDG_CACHE_HOME says, for this platform and these modules", () => {
  const home = cacheFolder({ HOME: "/home/x" });
  expect(home).toMatch(/^\/home\/x\/\.cache\/opsdx-cloud\/cluster\/[0-9a-f]{16}$/);
  expect(cacheFolder({ HOME: "/home/x", XDG_CACHE_HOME: "/c" })).toBe(home.replace("/home/x/.cache", "/c"));
  // Relative ones are to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  expect(cacheFolder({ HOME: "/home/x", XDG_CACHE_HOME: "c" })).toBe(home);
});

it("leaves nothing half-built, and tells why Go failed", async () => {
  const search = await find({ PATH: `${fakeGo("go1.26.8", "echo 'no space left on device' >&2; exit 2")}:${system}` });
  expect(search).toMatchObject({ kind: "missing" });
  expect(search.kind === "missing" && search.reason).toContain("go build ended with 2:\nno space left on device");
  expect(readdirSync(path.dirname(cacheFolder(env)))).toEqual([]);
});

it("removes what an interrupted build left, and not that of one that runs", async () => {
  const parent = path.dirname(cacheFolder(env));
  // No process has this id: Linux gives none above 4194304.
  const [abandoned, running] = [`.building-4194305-a`, `.building-${process.pid}-b`];
  for (const name of [abandoned, running]) mkdirSync(path.join(parent, name), { recursive: true });
  await find();
  expect(existsSync(path.join(parent, abandoned))).toBe(false);
  expect(existsSync(path.join(parent, running))).toBe(true);
});

it.each([
  ["there is no Go", () => "/nowhere", "Go is not on the PATH (1.26.0 or newer is needed)"],
  [
    "Go is too old",
    () => `${fakeGo("go1.20.3")}:${system}`,
    "Go 1.26.0 or newer is needed, and go1.20.3 is on the PATH",
  ],
  ["Go does not start", () => `${executables(["go"], "#!/bin/sh\necho broken >&2; exit 1\n")}:${system}`, "broken"],
])("says why it cannot build when %s", async (_, searchPath, reason) => {
  const search = await find({ PATH: searchPath() });
  expect(search.kind === "missing" && search.reason).toContain(reason);
  expect(search.kind === "missing" && search.reason).toContain("KUBEBUILDER_ASSETS");
});

it("pins a version of Kubernetes that a cluster of the configuration has", () => {
  const goMod = readFileSync(path.join(__dirname, "../../../tools/control-plane/go.mod"), "utf8");
  const pinned = /^\tk8s\.io\/kubernetes v(\S+)/m.exec(goMod)?.[1];
  const versions = loadConfig().environments.flatMap(({ clusters }) =>
    Object.values(clusters).map(({ kubernetesVersion }) => kubernetesVersion),
  );
  expect(versions).toContain(pinned);
});
