import { literalVariables } from "../../../../constructs/shared/kubernetes/container-env";
import { HOSTILE_TEXTS } from "../../../recipes/hostile";

/** What Terraform reads: a doubled sign before a brace is one sign, and nothing is left that it would take for a reference. */
const asTerraform = (text: string): string => {
  expect(text).not.toMatch(/(?<!\$)\$\{|(?<!%)%\{/);
  return text.replace(/([$%])\1(?=\{)/g, "$1");
};

/** What Kubernetes reads: of two signs one, and nothing is left that it would take for a variable. */
const asKubernetes = (text: string): string => {
  expect(text.replaceAll("$$", "")).not.toContain("$(");
  return text.replaceAll("$$", "$");
};

describe("variables that somebody wrote", () => {
  it.each(HOSTILE_TEXTS)("are read as they stand: %j", (text) => {
    const { NOTE = "" } = literalVariables({ NOTE: text });
    expect(asKubernetes(asTerraform(NOTE))).toBe(text);
  });

  it.each([
    ["plain", "plain"],
    ["${HOST}", "$$${HOST}"],
    ["$(HOST)", "$$(HOST)"],
    ["%{+YYYY}", "%%{+YYYY}"],
    ["5$", "5$$"],
  ])("%s is written %s", (text, written) => {
    expect(literalVariables({ NOTE: text })).toEqual({ NOTE: written });
  });
});
