import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse, stringify } from "yaml";
import { devConcourse } from "./support";
import { PIPELINE_FILE, pipelineVariables } from "../../../../constructs/stage3/concourse/pipeline";

interface Step {
  readonly [kind: string]: unknown;
}
interface Pipeline {
  readonly resources: readonly { readonly name: string; readonly source: Record<string, unknown> }[];
  readonly jobs: readonly { readonly name: string; readonly plan: readonly Step[] }[];
}

const text = readFileSync(PIPELINE_FILE, "utf8");
const pipeline = parse(text, { merge: true }) as Pipeline;
const config = devConcourse().pipeline;
const variables = pipelineVariables(config, "dev", "111122223333.dkr.ecr.us-east-1.amazonaws.com");
const used = (yaml: string): ReadonlySet<string> =>
  new Set([...yaml.matchAll(/\(\(([^.)]+)(?:\.[^)]+)?\)\)/g)].map(([, name = ""]) => name));
const job = (name: string) => pipeline.jobs.find((each) => each.name === name)?.plan ?? [];

const fly = spawnSync("fly", ["--version"], { encoding: "utf8" });

describe("main-pipeline", () => {
  it("knows every variable: what is no secret has a value, and the rest is a secret of the pipeline", () => {
    const names = used(text.replaceAll(/^ *#.*$/gm, ""));
    expect([...names].filter((name) => !Object.hasOwn(variables, name)).sort()).toEqual(["git", "registry-login"]);
    expect(Object.keys(variables).filter((name) => !names.has(name))).toEqual([]);
  });

  it("sets itself from its own repository, with the same values", () => {
    expect(job("set-self")).toEqual([
      { get: "source", trigger: true },
      {
        set_pipeline: "self",
        file: "source/((file))",
        vars: Object.fromEntries(Object.keys(variables).map((name) => [name, `((${name}))`])),
      },
    ]);
    expect(variables).toMatchObject({
      repository: "ssh://git@ssh.github.com:443/opsdx/dashan-emr.git",
      file: "dashan-etl/ci/pipeline.yml",
    });
  });

  it.each(["trews-etl", "trews-rest-api"])(
    "builds %s, pushes it under a tag that was never there, and prints its digest",
    (image) => {
      expect(pipeline.resources.find(({ name }) => name === image)).toMatchObject({
        type: "registry-image",
        check_every: "never",
        source: {
          repository: `((registry))/${image}`,
          username: "((registry-login.username))",
          password: "((registry-login.password))",
        },
      });
      // Tags of the registry never move, so there is none in the source: the resource would push `latest`.
      expect(pipeline.resources.find(({ name }) => name === image)?.source).not.toHaveProperty("tag");
      const [get, build, put, digest] = job(image);
      expect(get).toEqual({ get: "source", trigger: true, passed: ["set-self"] });
      expect(build).toMatchObject({
        task: "build",
        privileged: true,
        config: { params: { CONTEXT: `source/((contexts.${image}))` }, outputs: [{ name: "image" }] },
      });
      expect(put).toEqual({
        put: image,
        inputs: ["image"],
        params: { image: "image/image.tar", additional_tags: "image/tag" },
        get_params: { skip_download: true },
      });
      expect(digest).toMatchObject({ task: "digest", config: { inputs: [{ name: image }] } });
      expect(digest).not.toHaveProperty("privileged");
      expect(variables.contexts).toHaveProperty(image);
    },
  );

  it("prints the line as the configuration takes it", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "digest-"));
    const digest = `sha256:${"a".repeat(64)}`;
    try {
      const script = (job("trews-etl")[3] as { config: { run: { args: [string, string] } } }).config.run.args[1];
      spawnSync("mkdir", ["trews-etl"], { cwd: folder });
      writeFileSync(path.join(folder, "trews-etl", "digest"), digest);
      const { stdout } = spawnSync("sh", ["-ec", script], { cwd: folder, encoding: "utf8" });
      expect(stdout).toContain(`  image: "trews-etl@${digest}",\n`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  // Without it there is nothing here that knows what Concourse takes: https://concourse-ci.org/docs/fly/
  (fly.error === undefined ? it : it.skip)("holds for fly, where that is on the PATH", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "fly-"));
    try {
      const file = path.join(folder, "variables.yml");
      writeFileSync(file, stringify(variables));
      const args = ["validate-pipeline", "--strict", "--config", PIPELINE_FILE, "--load-vars-from", file];
      const { status, stderr, stdout } = spawnSync("fly", args, {
        encoding: "utf8",
        env: { ...process.env, HOME: folder },
      });
      expect([status, stderr, stdout.trim()]).toEqual([0, "", "looks good"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
