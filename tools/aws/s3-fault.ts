import { S3ServiceException } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { errorWords, signIn } from "../next-step";
import { adviceOn, awsClient } from "./client";

/** A request to S3, as messages name it. */
export interface S3Call {
  /** The bucket's name. */
  readonly bucket: string;
  /** The object's key. @default - the request asks for the bucket */
  readonly key?: string;
  /** The account and the region that were asked. */
  readonly account: { readonly id: string; readonly region: string };
  /** The right that the request needs, for example `s3:GetObject`. */
  readonly right: string;
}

/** Codes of S3 for a bucket that stands elsewhere. */
const ELSEWHERE = /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;
const SIGNED_OUT = /^(ExpiredToken|InvalidAccessKeyId|InvalidToken|TokenRefreshRequired|SignatureDoesNotMatch)$/;

/** What S3 itself asks of the key that encrypts a bucket, by the right to the object. */
const KEY_RIGHTS: Readonly<Record<string, string>> = {
  "s3:GetObject": "kms:Decrypt",
  "s3:PutObject": "kms:GenerateDataKey",
};

/**
 * What an error of S3 means and what helps, in sentences without the last full stop. An answer to HEAD has no text, and that of a server
 * in between may have none: then the status tells.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export async function s3Words(error: unknown, call: S3Call): Promise<string> {
  const { bucket, key, account } = call;
  const { id, region } = account;
  if (!(error instanceof S3ServiceException)) return `${errorWords(error)}${adviceOn(error, id)}`;
  const status = error.$metadata.httpStatusCode ?? 0;
  const told = error.message === "" || /^Unknown/.test(error.message) ? "" : errorWords(error);
  const detail = told === "" ? `HTTP ${status}` : `HTTP ${status}, ${told}`;
  if (error.name.startsWith("KMS.")) {
    return (
      `the key that encrypts the bucket ${bucket} cannot be used (${detail}). Nothing in it can be read until the key can: ` +
      `look with \`aws kms describe-key --key-id <key> --region ${region}\`; \`aws kms enable-key\` and \`aws kms cancel-key-deletion\` bring it back`
    );
  }
  if (SIGNED_OUT.test(error.name)) return `${detail}. ${signIn(id)}`;
  if (status === 301 || status === 307 || ELSEWHERE.test(error.name)) {
    const place = regionIn(error);
    return `the bucket ${bucket} stands in ${place ?? "another region"}, and ${region} was asked, as the configuration says (${detail})`;
  }
  if (status === 403) return `${await caller(region)} may not (${detail}). ${neededFor(call)}`;
  if (status === 404) {
    return key === undefined || error.name === "NoSuchBucket"
      ? `the bucket ${bucket} does not exist, or was deleted a moment ago (${detail})`
      : `s3://${bucket}/${key} does not exist (${detail})`;
  }
  if (status === 409) {
    return `S3 is still busy with the bucket ${bucket}, which was made or deleted a moment ago (${detail}). Repeat the command in some minutes`;
  }
  if (status === 429 || status >= 500)
    return `S3 does not serve it now (${detail}). Repeat the command in some minutes`;
  return told === ""
    ? `S3 does not say why (${detail}). Either the credentials have expired, or the bucket stands in another region than ${region}`
    : detail;
}

async function caller(region: string): Promise<string> {
  const { Arn } = await awsClient(STSClient, { region })
    .send(new GetCallerIdentityCommand({}))
    .catch(() => ({ Arn: undefined }));
  return Arn ?? "whoever is signed in";
}

function regionIn(error: S3ServiceException): string | undefined {
  const { Region: named } = error as unknown as { readonly Region?: string };
  return error.$response?.headers["x-amz-bucket-region"] ?? named;
}

function neededFor({ bucket, key, right }: S3Call): string {
  const at = `arn:aws:s3:::${bucket}`;
  if (key === undefined) return `It needs ${right} on ${at}, and no policy that refuses it`;
  const kms = KEY_RIGHTS[right];
  return [
    `It needs ${right} on ${at}/${key}`,
    ...(kms === undefined ? [] : [`${kms} on the key that encrypts the bucket`]),
    ...(right === "s3:GetObject"
      ? [`s3:ListBucket on ${at}, without which S3 says the same of an object that is not there`]
      : []),
    "and no policy of the bucket, the key or the organization that refuses it",
  ].join(", ");
}
