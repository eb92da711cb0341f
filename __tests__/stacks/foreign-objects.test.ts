import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../config/load";
import { clusterFullName } from "../../config/names";
import { decide } from "../../constructs/shared/policy/evaluate";
import { addressesIn, text, type ResourceModel } from "../../constructs/shared/policy/model";
import { letsAccount } from "../constructs/global/support";
import { specOf, synthCluster } from "../constructs/stage2/kops/support";
import { ciRightsOf } from "../iam/rights";
import { writePayload } from "../tools/kops/support";
import { renderProgram } from "./support";

/**
 * What the provider asks of an object that it makes, changes and takes away in a bucket with versions; it gives each the default tags.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 * @see https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/s3/object.go
 */
const OF_AN_OBJECT = [
  "s3:DeleteObjectVersion",
  "s3:GetObject",
  "s3:GetObjectTagging",
  "s3:PutObject",
  "s3:PutObjectTagging",
];

const { environments, global: globalConfig } = loadConfig();
const { kopsState: stateBucket, oidcDiscovery: discoveryBucket } = globalConfig.buckets;
const program = renderProgram();
const global = program.find(({ name }) => name === "global");
if (global === undefined) throw new Error("there is no global stack");

/** What a cluster puts into buckets once it is rendered: no boot payload stands in version control yet. */
function bootFiles(name: string): readonly ResourceModel[] {
  const spec = specOf(undefined, { name, stateBucket, discoveryBucket });
  const payload = writePayload(mkdtempSync(path.join(tmpdir(), "payload-")), spec);
  return synthCluster(spec, { boot: { payload } }).ofType("aws_s3_object");
}

describe.each(environments.map((environment) => [environment.name, environment] as const))(
  "%s",
  (name, environment) => {
    const objects = [
      ...program.filter((stack) => stack.name.startsWith(`${name}-`)).flatMap((stack) => stack.ofType("aws_s3_object")),
      ...Object.keys(environment.clusters).flatMap((cluster) => bootFiles(clusterFullName(environment, cluster))),
    ];
    /** Those in a bucket that the object's own stack does not make. */
    const foreign = objects.filter(({ body }) => addressesIn(body["bucket"]).length === 0);

    it("puts its clusters' files into buckets of the global stack", () => {
      expect(new Set(foreign.map(({ body }) => body["bucket"]))).toEqual(new Set([stateBucket, discoveryBucket]));
    });

    it.each(OF_AN_OBJECT)("has %s there, by the bucket's policy and as CI", (action) => {
      const { apply } = ciRightsOf(global, name);
      if (apply === undefined) throw new Error(`no CI applies ${name}`);
      const lacking = foreign.flatMap(({ body }) => {
        const [bucketName, key] = [text(body["bucket"]), text(body["key"])];
        const bucket = global.ofType("aws_s3_bucket").find((each) => each.body["bucket"] === bucketName);
        const policy = bucket && global.referring("aws_s3_bucket_policy", "bucket", bucket)[0]?.body["policy"];
        const lets = policy !== undefined && letsAccount(policy, environment.account.id, action, "arn", key);
        const may = decide(apply, { action, resource: `arn:aws:s3:::${bucketName}/${key}` }).allowed;
        return lets && may ? [] : [`${bucketName}/${key}`];
      });
      expect(lacking).toEqual([]);
    });
  },
);
