import { ContainerRegistry } from "../../../constructs/global/container-registry";
import { statement, statementsOf, synthShared } from "./support";

let urls: Readonly<Record<string, string>> = {};
const stack = synthShared((base, shared) => {
  ({ urls } = new ContainerRegistry(base, "ContainerRegistry", {
    ...shared,
    repositories: ["trews-etl", "trews-rest-api"],
    githubRepository: { name: "yanif/opsdx-cloud" },
    githubProviderArn: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
  }));
});
const pushRole = stack.one("aws_iam_role", { name: "opsdx-ci-push" });

describe("ContainerRegistry", () => {
  test.each(["trews-etl", "trews-rest-api"])("%s: immutable tags, scanned on push, encrypted with a key", (name) => {
    const key = stack.one("aws_kms_key", { description: "Container images" });
    expect(stack.one("aws_ecr_repository", { name }).body).toMatchObject({
      image_tag_mutability: "IMMUTABLE",
      image_scanning_configuration: { scan_on_push: true },
      encryption_configuration: [{ encryption_type: "KMS", kms_key: `\${${key.address}.arn}` }],
    });
    expect(Object.keys(urls)).toContain(name);
  });

  test("keeps what environments pin, 30 more images, and untagged ones for 7 days; the rule on any tag comes last, as ECR demands", () => {
    for (const { body } of stack.ofType("aws_ecr_lifecycle_policy")) {
      const { rules } = JSON.parse(String(body["policy"])) as { rules: { rulePriority: number; selection: object }[] };
      expect(rules.map(({ rulePriority, selection }) => [rulePriority, selection])).toEqual([
        [1, { tagStatus: "tagged", tagPrefixList: ["keep-"], countType: "imageCountMoreThan", countNumber: 999_999 }],
        [2, { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 }],
        [3, { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 30 }],
      ]);
    }
    expect(stack.ofType("aws_ecr_lifecycle_policy")).toHaveLength(2);
  });

  test("lets environments pull and only the push role push", () => {
    const [first] = stack.ofType("aws_ecr_repository_policy");
    const pull = statement(first?.body["policy"], "EnvironmentsPull");
    expect(pull.Principal).toEqual({ AWS: ["arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:root"] });
    const push = statement(first?.body["policy"], "MainBranchPushes");
    expect(push.Principal).toEqual({ AWS: `\${${pushRole.address}.arn}` });
    const writes = ["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"];
    expect(push.Action).toEqual(expect.arrayContaining(writes));
    expect(pull.Action?.filter((action) => writes.includes(action))).toEqual([]);
    for (const { Action } of statementsOf(first?.body["policy"])) {
      expect(Action?.some((action) => /Delete|Policy|\*/.test(action))).toBe(false);
    }
  });

  test("is pushed to by main's workflow only", () => {
    expect(statement(pushRole.body["assume_role_policy"], "GithubWorkflows").Condition).toEqual({
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": [
          "repo:yanif/opsdx-cloud:ref:refs/heads/main:job_workflow_ref:yanif/opsdx-cloud/.github/workflows/images.yml@refs/heads/main",
        ],
      },
    });
  });

  test("is pushed to by one role only, that of the Concourse that builds: named before it is there, and no other beside it", () => {
    const built = synthShared((base, shared) => {
      new ContainerRegistry(base, "ContainerRegistry", {
        ...shared,
        repositories: ["trews-etl"],
        githubRepository: { name: "yanif/opsdx-cloud" },
        githubProviderArn: "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        pusher: { name: "dev", accountId: "444455556666" },
      });
    });
    const { body } = built.one("aws_ecr_repository_policy");
    expect(statement(body["policy"], "ConcoursePushes")).toMatchObject({
      Principal: { AWS: "arn:aws:iam::444455556666:root" },
      Condition: { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::444455556666:role/opsdx-dev-concourse-push" } },
    });
    const pushers = statementsOf(body["policy"]).filter(({ Action }) => Action?.includes("ecr:PutImage"));
    expect(pushers).toHaveLength(1);
    expect(built.ofType("aws_iam_role").map(({ body: role }) => role["name"])).not.toContain("opsdx-ci-push");
  });

  test("opens a ticket for critical findings", () => {
    const rule = stack.one("aws_cloudwatch_event_rule", { name: "opsdx-global-image-scan-findings" });
    expect(JSON.parse(String(rule.body["event_pattern"]))).toEqual({
      source: ["aws.ecr"],
      "detail-type": ["ECR Image Scan"],
      detail: {
        "repository-name": ["trews-etl", "trews-rest-api"],
        "scan-status": ["COMPLETE"],
        "finding-severity-counts": { CRITICAL: [{ numeric: [">", 0] }] },
      },
    });
    const topic = stack.one("aws_sns_topic", { name: "opsdx-global-ticket" });
    expect(stack.one("aws_cloudwatch_event_target").body["arn"]).toBe(`\${${topic.address}.arn}`);
  });

  test("lets nobody pull while there is no environment", () => {
    const empty = synthShared((base, shared) => {
      new ContainerRegistry(base, "ContainerRegistry", {
        ...shared,
        environments: [],
        repositories: ["trews-etl"],
        githubRepository: { name: "yanif/opsdx-cloud" },
        githubProviderArn: "arn:aws:iam::123456789012:oidc-provider/github",
      });
    });
    const sids = statementsOf(empty.one("aws_ecr_repository_policy").body["policy"]).map(({ Sid }) => Sid);
    expect(sids).toEqual(["MainBranchPushes"]);
  });
});
