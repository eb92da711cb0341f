import { problemsAfter } from "../support";

describe("what the runbook says of a thing", () => {
  it.each(["", " ", "runs it.", "Runs it", "A=b aws x --y.", "Runs `aws s3 ls`.", "Runs <it>.", "TODO: say it."])(
    "must be whole sentences of prose, not %j",
    (purpose) => {
      for (const path of ["dev.clusters.k8s.purpose", "dev.etls.epic2op.purpose"]) {
        expect(problemsAfter({ [path]: purpose })).toEqual([
          expect.objectContaining({
            path: path.slice("dev.".length),
            rule: expect.stringMatching(/sentences|prose/) as unknown,
          }),
        ]);
      }
    },
  );

  it.each([" ", " x", "`x`", "TODO"])("must be words, not %j", (text) => {
    expect(problemsAfter({ "dev.etls.c2dw.alias": text })).toHaveLength(1);
    expect(problemsAfter({ "dev.etls.c2dw.reports": [text] })).toHaveLength(1);
  });
});
