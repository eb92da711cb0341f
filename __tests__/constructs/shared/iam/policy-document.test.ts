import fc from "fast-check";
import { policyDocument, serviceTrust, type PolicyStatement } from "../../../../constructs/shared/iam/policy-document";

const READ: PolicyStatement = { sid: "Read", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::a/*"] };

const parse = (document: string) => JSON.parse(document) as { Version: string; Statement: Record<string, unknown>[] };

describe("policyDocument", () => {
  it("allows by default, and leaves out what is not given", () => {
    expect(parse(policyDocument(READ))).toEqual({
      Version: "2012-10-17",
      Statement: [{ Sid: "Read", Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::a/*"] }],
    });
  });

  it("renders every element", () => {
    const document = policyDocument({
      sid: "TlsOnly",
      effect: "Deny",
      notActions: ["s3:ListBucket"],
      notResources: ["arn:aws:s3:::b"],
      principals: { AWS: ["111122223333", "444455556666"], Service: "logs.amazonaws.com" },
      conditions: { Bool: { "aws:SecureTransport": "false" }, StringEquals: { "aws:SourceAccount": ["1", "2"] } },
    });
    expect(parse(document).Statement).toEqual([
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        NotAction: ["s3:ListBucket"],
        NotResource: ["arn:aws:s3:::b"],
        Principal: { AWS: ["111122223333", "444455556666"], Service: "logs.amazonaws.com" },
        Condition: { Bool: { "aws:SecureTransport": "false" }, StringEquals: { "aws:SourceAccount": ["1", "2"] } },
      },
    ]);
  });

  it("keeps the order of the statements", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9]{1,12}$/), { minLength: 1 }), (sids) => {
        const document = policyDocument(...sids.map((sid) => ({ ...READ, sid })));
        expect(parse(document).Statement.map(({ Sid }) => Sid)).toEqual(sids);
      }),
    );
  });

  it("writes the same bytes every time", () => {
    expect(policyDocument(READ)).toBe(policyDocument({ ...READ }));
  });

  it.each([
    [[READ, READ], 'policy statement sid must be unique in its document, got "Read" twice'],
    [[{ ...READ, sid: "Read only" }], 'policy statement sid must be letters and digits, got "Read only"'],
    [[{ ...READ, sid: "" }], 'policy statement sid must be letters and digits, got ""'],
    [[{ sid: "A", resources: ["*"] }], 'policy statement "A" must name either actions or notActions, got none'],
    [
      [{ ...READ, sid: "A", notActions: ["x:Y"] }],
      'policy statement "A" must name either actions or notActions, got both',
    ],
    [
      [{ ...READ, sid: "A", actions: [] }],
      'policy statement "A" must name either actions or notActions, got an empty list',
    ],
    [
      [{ ...READ, sid: "A", notResources: ["*"] }],
      'policy statement "A" must name either resources or notResources, got both',
    ],
  ])("refuses %j", (statements, message) => {
    expect(() => policyDocument(...statements)).toThrow(message);
  });
});

describe("serviceTrust", () => {
  it("trusts the service only on behalf of the account", () => {
    expect(parse(serviceTrust("vpc-flow-logs.amazonaws.com", "123456789012")).Statement).toEqual([
      {
        Sid: "AssumeRole",
        Effect: "Allow",
        Action: ["sts:AssumeRole"],
        Principal: { Service: "vpc-flow-logs.amazonaws.com" },
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      },
    ]);
  });
});
