import { DataAwsSecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-version";
import { DataAwsSecretsmanagerSecretVersions } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-versions";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import { SecretsmanagerSecretRotation } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version";
import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { Release } from "@cdktf/provider-helm/lib/release";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import fc from "fast-check";
import { TerraformOutput } from "../../../../../constructs/shared/cdktf";
import { entropy, secretsRules } from "../../../../../constructs/shared/policy/rules/secrets";
import { synth } from "../../../../support";
import { testRules, type Build } from "./support";

// Secrets are put together here, so that no scanner finds one in this file.
const accessKey = ["AKIA", "A1B2C3D4E5F6G7H8"].join("");
const privateKey = ["-----BEGIN RSA", "PRIVATE KEY-----\nMIIE\n"].join(" ");
const random = "9f8Zk2LmQ7xT" + "4vB1nR6cW3yH";

const environment =
  (variables: Record<string, string>): Build =>
  (stack) =>
    new LambdaFunction(stack, "Bad", { functionName: "f", role: "arn", environment: { variables } });

const release =
  (chart: string, values: string, set?: { name: string; value: string }[]): Build =>
  (stack) => {
    new HelmProvider(stack, "Helm", {});
    new Release(stack, "Bad", { name: chart, chart, values: [values], set });
  };

const secret =
  (config: { kmsKeyId?: string } = {}): Build =>
  (stack) =>
    new SecretsmanagerSecret(stack, "Bad", { name: "s", ...config });

testRules(secretsRules, {
  NoLiteralSecret: {
    accepts: {
      "references, ARNs, names and switches": environment({
        DB_PASSWORD: "${data.aws_secretsmanager_secret_version.x.secret_string}",
        DB_SECRET: "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
        DB_SECRET_NAME: "redash/cookie-secret",
        SHARED_CREDENTIALS_FILES: `/tmp/${random}/aws/credentials`,
        PASSWORD: "",
        PASSWORD_LOGIN_ENABLED: "true",
        LOG_LEVEL: "info",
      }),
      "templates of a chart": release(
        "x",
        JSON.stringify({
          password: "{{ .password }}",
          ini: 'password = {{ index . "a-b" }}\nurl = pg://u:{{.p}}@db/x',
        }),
      ),
      "words under suspicious keys": environment({
        AUTH_METHOD: "scram-sha-256",
        TASK_KEYS: "one-two-three-four-five",
      }),
      "the public certificate of a CA": environment({
        CERTIFICATE_AUTHORITY_DATA: random,
        certificateAuthority: random,
      }),
      "values of a chart that name Secrets": release(
        "x",
        "adminUser: a\nexistingSecret: grafana-admin\nauth: { secretName: s }",
      ),
      "a secret parameter without its value": (stack) =>
        new SsmParameter(stack, "P", { name: "p", type: "SecureString", value: "${random_password.p.result}" }),
    },
    refuses: {
      "an access key anywhere": [
        "holds environment.variables.NOTE (an AWS access key)",
        environment({ NOTE: `use ${accessKey}` }),
      ],
      "a private key": ["holds environment.variables.PEM (a private key)", environment({ PEM: privateKey })],
      "a URL with a password": [
        "holds environment.variables.DATABASE (a URL with a password)",
        environment({ DATABASE: "postgres://redash:hunter2@db.dev.opsdx.io/redash" }),
      ],
      "a password": [
        "holds environment.variables.DB_PASSWORD (a literal secret)",
        environment({ DB_PASSWORD: "hunter2" }),
      ],
      "a random key": [
        "holds environment.variables.COOKIE_SALT (a random-looking literal)",
        environment({ COOKIE_SALT: random }),
      ],
      "a secret's version": [
        "holds secret_string (a literal secret)",
        (stack) => new SecretsmanagerSecretVersion(stack, "Bad", { secretId: "s", secretString: "hunter2" }),
      ],
      "a secret parameter": [
        "holds value (a literal secret)",
        (stack) => new SsmParameter(stack, "Bad", { name: "p", type: "SecureString", value: "hunter2" }),
      ],
      "a Kubernetes Secret": [
        "holds data (a literal secret)",
        (stack) => {
          new KubernetesProvider(stack, "Kubernetes", {});
          new SecretV1(stack, "Bad", { metadata: { name: "s" }, data: { anything: "hunter2" } });
        },
      ],
      "published values of a chart": [
        "holds values[0].redash.cookieSecret (a literal secret), values[0].users[0] (a private key)",
        release("x", `redash: { cookieSecret: test }\nusers: ["${privateKey.trim().replace("\n", "\\n")}"]`),
      ],
      "a value that is set": [
        "holds set[0].web.password (a literal secret)",
        release("x", "{}", [{ name: "web.password", value: "hunter2" }]),
      ],
    },
  },
  NoSecretThroughTerraform: {
    accepts: {
      "a secret without a value": secret(),
      "ids of versions": (stack) => new DataAwsSecretsmanagerSecretVersions(stack, "Ids", { secretId: "s" }),
    },
    refuses: {
      "a value by reference": [
        "has its value in Terraform's state",
        (stack) => new SecretsmanagerSecretVersion(stack, "Bad", { secretId: "s", secretString: "${local.x}" }),
      ],
      "a Kubernetes Secret by reference": [
        "has its value in Terraform's state",
        (stack) => {
          new KubernetesProvider(stack, "Kubernetes", {});
          new SecretV1(stack, "Bad", { metadata: { name: "s" }, data: { a: "${local.x}" } });
        },
      ],
      "a value that is read": [
        "reads a value into Terraform's state",
        (stack) => new DataAwsSecretsmanagerSecretVersion(stack, "Bad", { secretId: "s" }),
      ],
    },
  },
  ChartDefaultSecretReplaced: {
    accepts: {
      "another chart": release("grafana", "{}"),
      "Concourse with its own Secrets": release("concourse", "secrets: { create: false }"),
      "Redash with its own Secret": release("redash", "redash: { existingSecret: redash }"),
    },
    refuses: {
      "Concourse as it comes": [
        "runs with the chart's published secrets: secrets.create",
        release("concourse", "web: { replicas: 2 }"),
      ],
      "Redash as it comes": ["runs with the chart's published secrets: redash.existingSecret", release("redash", "{}")],
    },
  },
  SecretsManagerUsingKMSKey: {
    accepts: { "a customer-managed key": secret({ kmsKeyId: "${aws_kms_key.k.arn}" }) },
    refuses: {
      "no key": ["is not encrypted with a customer-managed key", secret()],
      "the key of AWS": [
        "is not encrypted with a customer-managed key",
        secret({ kmsKeyId: "alias/aws/secretsmanager" }),
      ],
    },
  },
  SecretsManagerRotationEnabled: {
    accepts: {
      "a rotated secret": (stack) => {
        const { id } = new SecretsmanagerSecret(stack, "Secret", { name: "s" });
        new SecretsmanagerSecretRotation(stack, "Rotation", {
          secretId: id,
          rotationRules: { automaticallyAfterDays: 30 },
        });
      },
    },
    refuses: { "no rotation": ["is not rotated", secret()] },
  },
});

test("a finding never repeats the secret", () => {
  const rule = secretsRules.find(({ id }) => id === "NoLiteralSecret");
  const stack = synth(environment({ DB_PASSWORD: "hunter2", KEY: accessKey }));
  const problems = rule?.check(stack).map(({ problem }) => problem) ?? [];
  expect(problems).toHaveLength(1);
  expect(problems.join()).not.toMatch(new RegExp(`hunter2|${accessKey}`));
});

test("a literal secret outside of resources is found in the stack itself", () => {
  const stack = synth((base) => {
    new KubernetesProvider(base, "Kubernetes", { host: "https://api.dev.opsdx.io", token: "hunter2" });
    new TerraformOutput(base, "Key", { value: accessKey });
  });
  const rule = secretsRules.find(({ id }) => id === "NoLiteralSecret");
  expect(rule?.check(stack).map(({ resource, problem }) => `${resource.path} ${resource.address} ${problem}`)).toEqual([
    "test provider holds kubernetes[0].token (a literal secret)",
    "test output holds Key.value (an AWS access key)",
  ]);
});

test("values that are no YAML are searched as they stand", () => {
  const rule = secretsRules.find(({ id }) => id === "NoLiteralSecret");
  const problems = rule?.check(synth(release("x", `a: [${accessKey}`))).map(({ problem }) => problem);
  expect(problems).toEqual(["holds values[0].unreadable (an AWS access key)"]);
});

test("entropy lies between 0 and the logarithm of the alphabet's size", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const size = new Set(text).size;
      expect(entropy(text)).toBeGreaterThanOrEqual(0);
      expect(entropy(text)).toBeLessThanOrEqual(Math.log2(size) + 1e-9);
    }),
  );
  expect(entropy("aaaa")).toBe(0);
  expect(entropy("abcd")).toBe(2);
});
