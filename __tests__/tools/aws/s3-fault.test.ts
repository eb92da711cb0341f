import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { s3Words } from "../../../tools/aws/s3-fault";
import { CALLER, fault, useFakeS3, type Answer } from "./fake-s3";

const server = useFakeS3();
const account = { id: "111122223333", region: "us-east-1" };

type Request = "GetObject" | "HeadBucket" | "PutObject";

/** What is said of a real request that the server answers so. */
async function said(answer: Answer | undefined, request: Request = "GetObject"): Promise<string> {
  server.answer = () => answer ?? { status: 200 };
  const s3 = new S3Client({
    region: account.region,
    ...(answer === undefined ? { endpoint: "http://127.0.0.1:1" } : {}),
  });
  const at = { Bucket: "box", Key: "a/b" };
  const sent: Promise<unknown> =
    request === "GetObject"
      ? s3.send(new GetObjectCommand(at))
      : request === "PutObject"
        ? s3.send(new PutObjectCommand({ ...at, Body: "text" }))
        : s3.send(new HeadBucketCommand(at));
  const error: unknown = await sent.then(
    () => new Error("the request succeeded"),
    (reason: unknown) => reason,
  );
  const right = request === "HeadBucket" ? "s3:ListBucket" : `s3:${request}`;
  return s3Words(error, { bucket: "box", ...(request === "HeadBucket" ? {} : { key: "a/b" }), right, account });
}

describe("an answer of S3", () => {
  test("403 without a word names who, which right and which key", async () => {
    expect(await said({ status: 403 })).toBe(
      `${CALLER} may not (HTTP 403). It needs s3:GetObject on arn:aws:s3:::box/a/b, kms:Decrypt on the key that encrypts the bucket, ` +
        "s3:ListBucket on arn:aws:s3:::box, without which S3 says the same of an object that is not there, " +
        "and no policy of the bucket, the key or the organization that refuses it",
    );
    expect(await said({ status: 403 }, "PutObject")).toContain(
      "s3:PutObject on arn:aws:s3:::box/a/b, kms:GenerateDataKey on the key",
    );
    expect(await said({ status: 403 }, "HeadBucket")).toBe(
      `${CALLER} may not (HTTP 403). It needs s3:ListBucket on arn:aws:s3:::box, and no policy that refuses it`,
    );
  });

  const decrypt = "User: ada is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:::key/1";
  test.each<[string, Answer, string]>([
    [
      "403 with words keeps them",
      fault(403, "AccessDenied", decrypt),
      `${CALLER} may not (HTTP 403, AccessDenied: ${decrypt})`,
    ],
    [
      "a key that is disabled",
      fault(400, "KMS.DisabledException", "arn:aws:kms:::key/1 is disabled."),
      "the key that encrypts the bucket box cannot be used (HTTP 400, KMS.DisabledException: arn:aws:kms:::key/1 is disabled). Nothing in it",
    ],
    [
      "a key that will be deleted",
      fault(400, "KMS.KMSInvalidStateException", "arn:aws:kms:::key/1 is pending deletion."),
      "arn:aws:kms:::key/1 is pending deletion). Nothing in it can be read until the key can",
    ],
    [
      "another region, in a header",
      { ...fault(301, "PermanentRedirect", "Use it"), headers: { "x-amz-bucket-region": "eu-west-1" } },
      "the bucket box stands in eu-west-1, and us-east-1 was asked, as the configuration says (HTTP 301, PermanentRedirect: Use it)",
    ],
    [
      "another region, in the text",
      fault(400, "AuthorizationHeaderMalformed", "wrong", "<Region>eu-west-2</Region>"),
      "the bucket box stands in eu-west-2, and us-east-1 was asked",
    ],
    [
      "a bucket that was deleted",
      fault(404, "NoSuchBucket", "The specified bucket does not exist"),
      "the bucket box does not exist, or was deleted a moment ago (HTTP 404, NoSuchBucket: The specified bucket does not exist)",
    ],
    [
      "an object that is not there",
      fault(404, "NoSuchKey", "No"),
      "s3://box/a/b does not exist (HTTP 404, NoSuchKey: No)",
    ],
    [
      "a bucket that is being deleted",
      fault(409, "OperationAborted", "A conflicting operation is in progress"),
      "S3 is still busy with the bucket box, which was made or deleted a moment ago (HTTP 409, OperationAborted",
    ],
    [
      "keys that have expired",
      fault(400, "ExpiredToken", "old"),
      "HTTP 400, ExpiredToken: old. Sign in to account 111122223333",
    ],
    [
      "too many requests",
      fault(503, "SlowDown", "Slow"),
      "S3 does not serve it now (HTTP 503, SlowDown: Slow). Repeat",
    ],
    ["what nobody foresaw", fault(418, "Teapot", "Short"), "HTTP 418, Teapot: Short"],
  ])("%s", async (_, answer, expected) => expect(await said(answer)).toContain(expected));

  test.each<[string, Answer, string]>([
    ["another region", { status: 301, headers: { "x-amz-bucket-region": "eu-west-1" } }, "stands in eu-west-1, and"],
    ["no bucket", { status: 404 }, "the bucket box does not exist, or was deleted a moment ago (HTTP 404"],
    [
      "a bad request",
      { status: 400 },
      "S3 does not say why (HTTP 400). Either the credentials have expired, or the bucket stands in another region than us-east-1",
    ],
  ])("to HEAD, which has no text: %s", async (_, answer, expected) =>
    expect(await said(answer, "HeadBucket")).toContain(expected),
  );

  test("none at all", async () => {
    expect(await said(undefined)).toMatch(/ECONNREFUSED.*Nothing answers\. Is the network on, and the VPN\?/);
  });
});
