import { problemsAfter } from "../support";

const faults = (changes: Record<string, unknown>) =>
  problemsAfter(changes).map(({ path, rule, received }) => ({ path, rule, received }));

const check = { path: "/", live: true };

describe("DNS settings", () => {
  it("let a key sign without being trusted, and be trusted only while it signs", () => {
    expect(faults({ "dev.dns.signingKeys": ["ksk1", "ksk2"] })).toEqual([]);
    expect(faults({ "dev.dns.trustedKeys": [] })).toEqual([]);
    expect(faults({ "dev.dns.trustedKeys": ["ksk2"] })).toEqual([
      {
        path: "dns.trustedKeys.0",
        rule: "must be one of signingKeys: a DS record without its key makes the zone unresolvable",
        received: '"ksk2"',
      },
    ]);
  });

  it.each([
    ["more than two keys", ["ksk1", "ksk2", "ksk3"], "dns.signingKeys"],
    ["a key twice", ["ksk1", "ksk1"], "dns.signingKeys"],
    ["a name that Route 53 refuses", ["ksk-1"], "dns.signingKeys.0"],
    ["a name that is too short", ["k1"], "dns.signingKeys.0"],
  ])("refuse %s", (_, keys, path) => {
    expect(faults({ "dev.dns.signingKeys": keys, "dev.dns.trustedKeys": [] }).map((fault) => fault.path)).toEqual([
      path,
    ]);
  });

  it.each([{}, { host: "status" }])(
    "let a host be checked by its label, the check's name if none is given: %j",
    (host) => {
      expect(faults({ "dev.dns.healthChecks.other": { ...check, ...host } })).toEqual([]);
    },
  );

  it.each(["a.b.dev.opsdx.io", "trews.prod.opsdx.io", "opsdx.io", "trews.dev.opsdx.io"])(
    "refuse to check %s: the zone is put behind a label",
    (host) => {
      const [found, ...others] = problemsAfter({ "dev.dns.healthChecks.other": { ...check, host } });
      expect([found?.path, found?.nearest, others]).toEqual([
        "dns.healthChecks.other.host",
        JSON.stringify(host.split(".")[0]),
        [],
      ]);
    },
  );

  it.each([59, 172801, 1.5])("refuse a time to live of %s", (seconds) => {
    expect(faults({ "dev.dns.delegationTtlSeconds": seconds }).map(({ path }) => path)).toEqual([
      "dns.delegationTtlSeconds",
    ]);
  });
});
