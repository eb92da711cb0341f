import { LogGroup } from "../../../../constructs/shared/observability/log-group";
import { SavedQuery, type SavedQueryProps } from "../../../../constructs/shared/observability/saved-query";
import { synth } from "../../../support";
import { monitoringIn } from "./fixture";

function query(change: Partial<SavedQueryProps> = {}) {
  return synth((scope) => {
    const monitoring = monitoringIn(scope);
    const logGroups = ["a", "b"].map((name) => new LogGroup(scope, `Log-${name}`, { monitoring, name }));
    new SavedQuery(scope, "Query", {
      name: "opsdx-test/pump/slow strokes",
      logGroups,
      query: ["fields @timestamp, @message", "filter @message like /slow/", "sort @timestamp desc"],
      ...change,
    });
  }).one("aws_cloudwatch_query_definition").body;
}

describe("SavedQuery", () => {
  it("joins its commands by pipes", () => {
    expect(query()["query_string"]).toBe(
      "fields @timestamp, @message\n| filter @message like /slow/\n| sort @timestamp desc",
    );
    expect(query()["name"]).toBe("opsdx-test/pump/slow strokes");
  });

  it("reads its log groups by reference", () => {
    expect(query()["log_group_names"]).toEqual([
      expect.stringMatching(/^\$\{aws_cloudwatch_log_group\..*\.name\}$/),
      expect.stringMatching(/^\$\{aws_cloudwatch_log_group\..*\.name\}$/),
    ]);
  });

  it.each(["query", "logGroups"] as const)("refuses an empty %s", (list) => {
    expect(() => query({ [list]: [] })).toThrow(`test/Query: ${list} must not be empty, got none`);
  });
});
