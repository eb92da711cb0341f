import { HOSTILE_TEXTS } from "../../recipes/hostile";
import { problemsAfter, validInput } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, received }) => ({ path, rule, received }));

const TERRAFORM = "must not hold ${ or %{, which Terraform takes for a reference: only values of env may";
const CDKTF = "must not hold TfToken[, which cdktf takes for a reference";

describe("texts of the configuration", () => {
  it.each(["owners.core", "web.healthPath", "clusters.k8s.purpose", "dns.healthChecks.web.path"])(
    "hold no reference of Terraform in %s",
    (path) => {
      for (const text of ["/${var.x}", "/%{+YYYY}"]) {
        expect(faults({ [`dev.${path}`]: text })).toContainEqual({
          path,
          rule: TERRAFORM,
          received: JSON.stringify(text),
        });
      }
    },
  );

  it("may hold anything in a variable's value, but cdktf's own references and control characters", () => {
    for (const text of HOSTILE_TEXTS) {
      const expected = text.includes("TfToken[") ? [CDKTF] : [];
      expect(faults({ "dev.web.env": { NOTE: text } }).map(({ rule }) => rule)).toEqual(expected);
    }
    expect(faults({ "dev.web.env": { NOTE: "a\u0000b" } })).toEqual([
      { path: "web.env.NOTE", rule: "must not hold control characters", received: '"(not shown)"' },
    ]);
  });

  it("are judged in names, too, and in what the environments share", () => {
    expect(faults({ "dev.databases.${x}": 1 })).toContainEqual({
      path: "databases.${x}",
      rule: `${TERRAFORM} (the name itself)`,
      received: '"${x}"',
    });
    expect(faults({ "global.owner": "${TfToken[TOKEN.7]}" })).toEqual([
      { path: "owner", rule: CDKTF, received: '"${TfToken[TOKEN.7]}"' },
    ]);
  });

  it("end where an object refers to itself", () => {
    const loop: Record<string, unknown> = {};
    loop["loop"] = loop;
    expect(faults({ "dev.owners.core": loop }).map(({ path }) => path)).toContain("owners.core");
  });
});

describe("the account", () => {
  it.each(["global", "dev"])("of %s lies where Route 53 signs zones", (file) => {
    expect(problemsAfter({ [`${file}.account.region`]: "us-west-2" })).toContainEqual(
      expect.objectContaining({
        path: "account.region",
        rule: "must be us-east-1, where Route 53 takes signing keys and writes query logs",
        received: '"us-west-2"',
        nearest: '"us-east-1"',
      }),
    );
  });

  it("makes each container repository once", () => {
    const own = validInput().global["containerRepositories"] as readonly string[];
    expect(faults({ "global.containerRepositories": [...own, "trews-etl"] })).toEqual([
      {
        path: `containerRepositories.${own.length}`,
        rule: "must be named once: remove the repetition",
        received: '"trews-etl"',
      },
    ]);
  });
});
