import { ConfigError } from "../../config/problem";
import { modelsFile, modelsText, parseModels, servedModels } from "../../config/models";

const problems = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ path, rule, received }) => ({ path, rule, received }));
    throw error;
  }
  return [];
};

describe("config/models.json", () => {
  it("is read as it was written", () => {
    const served = { dev: { trews: { stable: 4, previous: 3, canary: 5 } } };
    expect(parseModels(modelsText(served))).toEqual(served);
    expect(modelsText(modelsFile())).toMatch(/^\{/);
  });

  it.each([
    ["no JSON", "{", "must be JSON"],
    ["no stable version", '{"dev":{"a":{"canary":1}}}', "is required"],
    ["a version that is none", '{"dev":{"a":{"stable":0}}}', "must be"],
    ["a canary that is stable", '{"dev":{"a":{"stable":2,"canary":2}}}', "must have a canary of another version"],
    ["a word that means nothing", '{"dev":{"a":{"stable":2,"beta":3}}}', "is not a setting"],
  ])("is refused with %s", (_, text, rule) => {
    expect(problems(() => parseModels(text))).toEqual([
      expect.objectContaining({ rule: expect.stringContaining(rule) as string }),
    ]);
  });

  it("names models that are configured only", () => {
    expect(servedModels("dev", ["trews"], { dev: { trews: { stable: 1 } } })).toEqual({ trews: { stable: 1 } });
    expect(servedModels("prod", ["trews"], { dev: { trews: { stable: 1 } } })).toEqual({});
    expect(problems(() => servedModels("dev", ["trews"], { dev: { trws: { stable: 1 } } }))).toEqual([
      { path: "dev.trws", rule: "must be a model of tensorflow.serving.models (trews)", received: '"trws"' },
    ]);
  });
});
