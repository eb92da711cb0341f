import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseModels, type ServedModels } from "../../../config/models";
import { tensorflowCommand } from "../../../tools/tensorflow/command";
import { trainingJob } from "../../../tools/tensorflow/train";

const MODEL = path.join(__dirname, "../../data/saved-model/trews/1");

let folder = "";
let registry = "";
let served: ServedModels = {};
let printed: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tensorflow-"));
  registry = path.join(folder, "models");
  mkdirSync(path.join(folder, "config"));
  for (const version of ["1", "3", "10"]) {
    cpSync(MODEL, path.join(registry, "trews", version), { recursive: true });
  }
  mkdirSync(path.join(registry, "trews/11"));
  mkdirSync(path.join(registry, ".work/trews/12"), { recursive: true });
  served = {};
  printed = [];
  jest.spyOn(console, "error").mockReturnValue();
  jest.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Runs the command; what it wrote is served from then on, as after a deployment. */
async function run(...words: readonly string[]): Promise<string> {
  const surroundings = { env: { PATH: `${folder}:/usr/bin:/bin` }, suffix: "1", pauseMs: 1, looks: 2 };
  const command = tensorflowCommand({ root: folder, served: () => served, surroundings });
  for (const each of [command, ...command.commands]) each.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync([...words, "--registry", registry], { from: "user" });
  return printed.splice(0).join("\n");
}
const written = (): ServedModels =>
  (served = parseModels(readFileSync(path.join(folder, "config/models.json"), "utf8")));

describe("opsdx tensorflow", () => {
  it("lists the versions that there are, in their order, and which are served", async () => {
    served = { dev: { trews: { stable: 3, previous: 1 } } };
    const lines = (await run("models", "dev"))
      .replaceAll(/\d+ KiB/g, "N KiB")
      .replaceAll(/ +/g, " ")
      .split("\n");
    expect(lines).toEqual([
      "trews/1 N KiB no warm-up previous",
      "trews/3 N KiB no warm-up stable",
      "trews/10 N KiB no warm-up",
      "trews/11 N KiB no model in it",
    ]);
    const json = JSON.parse(await run("models", "dev", "--json")) as unknown[];
    expect(json[1]).toMatchObject({ model: "trews", version: 3, whole: true, serves: "stable" });
  });

  it("promotes, tries out and goes back", async () => {
    expect(await run("promote", "dev", "trews", "1")).toBe("trews: nothing -> 1");
    expect(written()).toEqual({ dev: { trews: { stable: 1 } } });
    expect(await run("promote", "dev", "trews", "3", "--canary")).toBe("trews: 1 -> 1, canary 3");
    expect(written()).toEqual({ dev: { trews: { stable: 1, canary: 3 } } });
    await run("promote", "dev", "trews", "3");
    expect(written()).toEqual({ dev: { trews: { stable: 3, previous: 1 } } });
    await run("promote", "dev", "trews", "10", "--canary");
    written();
    await run("rollback", "dev", "trews");
    expect(written()).toEqual({ dev: { trews: { stable: 3, previous: 1 } } });
    await run("rollback", "dev", "trews");
    expect(written()).toEqual({ dev: { trews: { stable: 1 } } });
    await expect(run("rollback", "dev", "trews")).rejects.toThrow(
      "<model> must have a canary or a version before the one that answers, got trews with version 1 alone",
    );
  });

  it.each([
    [
      ["promote", "dev", "trews", "4"],
      "must be a version of trews that is there (1, 3, 10, 11), got 4; the nearest is 3",
    ],
    [["promote", "dev", "trews", "11"], "must be one that holds a SavedModel, got 11: trews/11 has no saved_model.pb"],
    [["promote", "dev", "trews", "3"], "must be another than the one that answers, got 3"],
    [["promote", "dev", "trws", "3"], 'must be one of trews, got "trws"; the nearest is "trews"'],
    [["promote", "dev", "trews", "three"], "must be a whole number from 1 on"],
    [["promote", "dve", "trews", "3"], 'got "dve"; the nearest is "dev"'],
    [
      ["train", "dev", "trews", "--dataset", "a", "--version", "3"],
      "one that is there is never overwritten, got 3; the next is 12",
    ],
    [
      ["train", "dev", "trews", "--dataset", "../prod", "--version", "12"],
      "must be a folder below the environment's datasets",
    ],
  ])("refuses %j", async (words, rule) => {
    served = { dev: { trews: { stable: 3 } } };
    await expect(run(...words)).rejects.toThrow(rule);
    expect(() => written()).toThrow("ENOENT");
  });

  it("refuses a canary where nothing answers", async () => {
    await expect(run("promote", "dev", "trews", "3", "--canary")).rejects.toThrow("got no stable version");
  });

  it("starts a Job of the template, which is told model, version and dataset in each of its containers", async () => {
    const container = (name: string) => ({ name, env: [{ name: "A", value: "b" }] });
    const spec = { initContainers: [container("claim"), container("train")], containers: [container("publish")] };
    const jobTemplate = { metadata: { labels: { app: "train" } }, spec: { backoffLimit: 2, template: { spec } } };
    const template = { spec: { jobTemplate } };
    const made = path.join(folder, "made.json");
    writeFileSync(
      path.join(folder, "kubectl"),
      `#!/bin/sh\ncase "$*" in *"/cronjobs/train") echo '${JSON.stringify(template)}';; *" create --raw "*) for last; do :; done; cp "$last" '${made}';; esac\n`,
      { mode: 0o755 },
    );
    expect(await run("train", "dev", "trews", "--dataset", "2026-11", "--version", "12")).toBe("Job trews-12 is made.");
    const training = { model: "trews", version: 12, dataset: "2026-11" };
    expect(JSON.parse(readFileSync(made, "utf8"))).toEqual(trainingJob(template, training));
    expect(trainingJob(template, training)).toMatchObject({
      metadata: { name: "trews-12", labels: { app: "train", model: "trews" } },
      spec: {
        backoffLimit: 2,
        template: {
          spec: {
            initContainers: [{ name: "claim" }, { name: "train" }],
            containers: [
              {
                env: [
                  { name: "A", value: "b" },
                  { name: "TRAIN_DATASET", value: "2026-11" },
                  { name: "TRAIN_MODEL", value: "trews" },
                  { name: "TRAIN_VERSION", value: "12" },
                ],
              },
            ],
          },
        },
      },
    });
  });
});
