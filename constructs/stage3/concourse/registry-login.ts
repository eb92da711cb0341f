import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import { SecretsmanagerSecretPolicy } from "@cdktf/provider-aws/lib/secretsmanager-secret-policy";
import { concoursePushRole, roleArn, serviceRole } from "../../../config/names";
import { imageOf } from "../../../config/images";
import { Construct } from "../../shared/cdktf";
import { policyDocument } from "../../shared/iam/policy-document";
import { ServiceAccountRole } from "../../shared/iam/service-account-role";
import { podServiceAccount, podSpec } from "../../shared/kubernetes/pod";
import { HTTPS, PodNetworkPolicy } from "../../shared/kubernetes/pod-network-policy";
import type { WorkloadNamespace } from "../../shared/kubernetes/workload-namespace";
import { acknowledge } from "../../shared/policy/acknowledge";
import { acknowledgeUnlockedImage } from "../../shared/policy/unlocked-image";
import type { Platform } from "../../shared/platform";
import { CONCOURSE, PIPELINE, pipelineSecrets, RENEW_LOGIN } from "./names";

/** Properties of {@link RegistryLogin}. */
export interface RegistryLoginProps {
  /** What it stands on. */
  readonly platform: Pick<Platform, "account" | "clusters" | "environment" | "secretKeyArns">;
  /** Account and region of the registry. */
  readonly registry: { readonly id: string; readonly region: string };
  /** Repositories that the pipeline pushes to. */
  readonly repositories: readonly string[];
  /** Namespace of the servers. */
  readonly namespace: Pick<WorkloadNamespace, "name" | "ready">;
}

/**
 * A login is good for twelve hours, so two renewals may fail before a build does.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export const RENEW_HOURS = 4;

/** Full name of the secret that holds the pipeline's login to the registry. */
export function registryLoginName(environment: string): string {
  return `${pipelineSecrets(environment)}${PIPELINE.team}/registry-login`;
}

/** What the Job runs. The login is no argument of a program, and no file that outlives the pod. */
export const RENEW_SCRIPT = `
umask 077
login=$(aws ecr get-login-password --region "$REGISTRY_REGION")
printf '{"username":"AWS","password":"%s"}' "$login" > "$HOME/login"
aws secretsmanager put-secret-value --region "$AWS_REGION" --secret-id "$LOGIN_NAME" --secret-string "file://$HOME/login" --query VersionId --output text
`.trim();

/**
 * What the pipeline pushes images with: no key that lasts, but a login to the registry that is made anew every few hours, by a role that may push
 * to these repositories and do nothing else. The registry's own policy names the same role, and lets nobody else push
 * (docs/decisions/0038-one-pusher-of-images.md).
 */
export class RegistryLogin extends Construct {
  public constructor(scope: Construct, id: string, props: RegistryLoginProps) {
    super(scope, id);
    const { namespace, platform, registry } = props;
    const { account, environment } = platform;
    const { kubernetes: provider } = platform.clusters.k8s;
    const name = registryLoginName(environment);
    const keyArn = platform.secretKeyArns[CONCOURSE];
    const secret = new SecretsmanagerSecret(this, "Secret", {
      name,
      description: `Login of Concourse's pipelines to the registry, renewed every ${RENEW_HOURS} hours`,
      kmsKeyId: keyArn,
      // There is nothing in it that the next Job does not make anew.
      recoveryWindowInDays: 0,
    });
    acknowledge(
      secret,
      "SecretsManagerRotationEnabled",
      `A CronJob rotates it every ${RENEW_HOURS} hours; that it does has an alarm, concourse-login-old.`,
    );
    new SecretsmanagerSecretPolicy(this, "SecretPolicy", {
      secretArn: secret.arn,
      blockPublicPolicy: true,
      policy: policyDocument({
        sid: "OnlyTheServersRead",
        effect: "Deny",
        actions: ["secretsmanager:GetSecretValue"],
        // In a secret's policy `*` is the secret.
        resources: ["*"],
        principals: "*",
        conditions: { ArnNotEquals: { "aws:PrincipalArn": roleArn(account.id, serviceRole(environment, CONCOURSE)) } },
      }),
    });
    const role = new ServiceAccountRole(this, "Role", {
      name: concoursePushRole(environment),
      description: "Logins with which Concourse's pipelines push images",
      policyDescription: `Push ${props.repositories.join(" and ")}, and keep the login in its secret`,
      cluster: platform.clusters.k8s,
      serviceAccount: { namespace: namespace.name, name: RENEW_LOGIN },
      statements: [
        { sid: "SignIn", actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
        {
          sid: "Push",
          actions: [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
          ],
          resources: props.repositories.map(
            (name) => `arn:aws:ecr:${registry.region}:${registry.id}:repository/${name}`,
          ),
        },
        { sid: "KeepLogin", actions: ["secretsmanager:PutSecretValue"], resources: [secret.arn] },
        ...(keyArn === undefined
          ? []
          : [
              {
                sid: "LoginKey",
                actions: ["kms:Decrypt", "kms:GenerateDataKey"],
                resources: [keyArn],
                conditions: { StringEquals: { "kms:ViaService": `secretsmanager.${account.region}.amazonaws.com` } },
              },
            ]),
      ],
    });
    const labels = { app: RENEW_LOGIN };
    const metadata = { name: RENEW_LOGIN, namespace: namespace.name, labels };
    const ways = new PodNetworkPolicy(this, "Network", {
      provider,
      namespace,
      name: RENEW_LOGIN,
      podLabels: labels,
      out: [HTTPS],
    });
    new CronJobV1(this, "Resource", {
      provider,
      metadata,
      spec: {
        schedule: `17 */${RENEW_HOURS} * * *`,
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: {
          metadata: { labels },
          spec: {
            activeDeadlineSeconds: 300,
            backoffLimit: 3,
            template: {
              metadata: { labels },
              spec: podSpec({
                name: RENEW_LOGIN,
                image: imageOf("aws-cli"),
                command: ["sh", "-eu", "-c", RENEW_SCRIPT],
                serviceAccountName: podServiceAccount(this, "ServiceAccount", {
                  provider,
                  metadata,
                  roleArn: role.arn,
                  dependsOn: [...namespace.ready],
                }),
                priority: "tools",
                size: { cpu: "50m", memory: "192Mi" },
                variables: {
                  region: account.region,
                  own: { LOGIN_NAME: name, REGISTRY_REGION: registry.region, HOME: "/tmp" },
                },
                graceSeconds: 10,
                restartPolicy: "Never",
              }),
            },
          },
        },
      },
      dependsOn: [...namespace.ready, ways.resource, role.permission],
    });
    acknowledgeUnlockedImage(this, "aws-cli");
  }
}
