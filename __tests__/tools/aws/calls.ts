import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { awsClient, type ClientSettings, type Limits } from "../../../tools/aws/client";

/** What a client of an address is made with. */
export const at = (endpoint: string): ClientSettings => ({
  region: "us-east-1",
  endpoint,
  credentials: () => Promise.resolve({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "example" }),
});

/** A call of each protocol; S3's answer is a stream that the caller reads. */
export const CALLS: Readonly<Record<string, (endpoint: string, limits: Limits) => Promise<unknown>>> = {
  STS: (url, limits) => awsClient(STSClient, at(url), limits).send(new GetCallerIdentityCommand({})),
  SQS: (url, limits) => awsClient(SQSClient, at(url), limits).send(new GetQueueUrlCommand({ QueueName: "q" })),
  Lambda: (url, limits) => awsClient(LambdaClient, at(url), limits).send(new InvokeCommand({ FunctionName: "f" })),
  S3: async (url, limits) => {
    const client = awsClient(S3Client, { ...at(url), forcePathStyle: true } as ClientSettings, limits);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
    return Body?.transformToString();
  },
};

/** As a program: asks an address in every way, and prints what each call throws. */
async function main([url = ""]: readonly string[]): Promise<void> {
  const limits = { connect: 1_000, silence: 5_000, whole: 20_000 };
  for (const [service, call] of Object.entries(CALLS)) {
    const error = await call(url, limits).catch((reason: unknown) => reason);
    console.log(`${service}: ${error instanceof Error ? error.message : "answered"}`);
  }
}

if (require.main === module) void main(process.argv.slice(2));
