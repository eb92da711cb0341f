import { PEOPLE_ROLES, roleArn } from "../config/names";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { stateFile, stateKey } from "../config/names";
import type { Construct } from "../constructs/shared/cdktf";
import {
  Aspects,
  DataTerraformRemoteStateLocal,
  DataTerraformRemoteStateS3,
  Fn,
  LocalBackend,
  S3Backend,
  TerraformStack,
  TerraformVariable,
  Token,
} from "../constructs/shared/cdktf";
import { constructId } from "../constructs/shared/construct-id";
import type { Cluster } from "../constructs/shared/kubernetes/cluster";
import { RolesBoundary } from "../constructs/shared/iam/roles-boundary";
import { clusterLimits, onSandboxClusters } from "./sandbox/cluster-limits";
import {
  AWS_PROVIDER_VERSION,
  HELM_PROVIDER_VERSION,
  KUBERNETES_PROVIDER_VERSION,
  STATE_KEY_ALIAS,
  type Deployment,
} from "./deployment";
import { EMULATOR_AMNESIA, EMULATOR_LIMITS } from "./sandbox/emulator-limits";
import { preventDestroy } from "./resource-types";
import { endpointsAt } from "./sandbox/aws-services";
import { withinEmulatorLimits } from "./sandbox/within-emulator-limits";

/** Properties of every stack. */
export interface BaseStackProps {
  /** `global` or the environment's name: names the state folder, the tags and, in the sandbox, the credentials profile. */
  readonly owner: string;
  /** Account and region that the stack works in; Terraform refuses any other account. */
  readonly account: { readonly id: string; readonly region: string };
  /** Where state lives. */
  readonly deployment: Deployment;
  /**
   * ARN of the permissions boundary of every role that names none itself; a function, when the stack declares the policy.
   * @default - none
   */
  readonly rolesBoundary?: string | (() => string);
  /** Refuse to destroy what holds data, in real accounts. @default false */
  readonly deletionProtection?: boolean;
}

/** Owns a stack's providers and its backend, and nothing else. */
export class BaseStack extends TerraformStack {
  /** The stack's default AWS provider. */
  public readonly aws: AwsProvider;
  /** Whether Terraform, and AWS where it can, refuse to destroy what holds data: never in the sandbox. */
  public readonly deletionProtection: boolean;
  private declared: Record<string, unknown> | undefined;
  private clusterRole: TerraformVariable | undefined;

  public constructor(
    scope: Construct,
    id: string,
    private readonly base: BaseStackProps,
  ) {
    super(scope, id);
    const { deletionProtection = false, deployment, rolesBoundary } = base;
    this.deletionProtection = deletionProtection && deployment.kind === "cloud";
    if (this.deletionProtection) preventDestroy(this);
    this.aws = this.awsProvider("Aws", base);
    if (rolesBoundary !== undefined) {
      const arn = typeof rolesBoundary === "string" ? () => rolesBoundary : rolesBoundary;
      Aspects.of(this).add(new RolesBoundary(arn));
    }
    if (deployment.kind === "sandbox") {
      new LocalBackend(this, { path: `${deployment.stateDirectory}/${stateFile(id)}` });
    } else {
      new S3Backend(this, { ...this.stateLocation(deployment), encrypt: true });
      // The option is not in the bindings; Terraform 1.10 and later lock with an object beside the state.
      this.addOverride("terraform.backend.s3.use_lockfile", true);
    }
    this.addOverride("terraform.required_version", ">= 1.10.0");
    this.addOverride("terraform.required_providers.aws.version", AWS_PROVIDER_VERSION);
  }

  /** Adds a provider for another account or region, under an alias. */
  public aliasedAws(
    id: string,
    props: {
      readonly alias: string;
      readonly owner: string;
      readonly account: BaseStackProps["account"];
      readonly roleArn?: string;
    },
  ): AwsProvider {
    return this.awsProvider(id, props);
  }

  /**
   * Adds the providers of a cluster. Nothing in them is known only after an apply of this stack: name and address come from the
   * configuration, the certificate from stage2's state, and the token from whoever is signed in to AWS: a person as the role of
   * administrators, which the clusters know, CI as it is.
   *
   * @param alias - the cluster's short name, which resources name their provider by
   * @see https://github.com/kubernetes-sigs/aws-iam-authenticator
   */
  public clusterProviders(
    alias: string,
    cluster: Pick<Cluster, "apiEndpoint" | "certificateAuthority" | "name">,
  ): Pick<Cluster, "helm" | "kubernetes"> {
    const { account, deployment } = this.base;
    this.addOverride("terraform.required_providers.kubernetes.version", KUBERNETES_PROVIDER_VERSION);
    this.addOverride("terraform.required_providers.helm.version", HELM_PROVIDER_VERSION);
    this.clusterRole ??= new TerraformVariable(this, "cluster_role", {
      type: "string",
      default: roleArn(account.id, PEOPLE_ROLES.administrators),
      description: "Role taken on to sign in to the clusters; empty for whom they know already, as CI",
    });
    const args = ["eks", "get-token", "--cluster-name", cluster.name, "--region", account.region, "--output", "json"];
    const role = 'var.cluster_role == "" ? [] : ["--role-arn", var.cluster_role]';
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1beta1",
      command: "aws",
      args: Token.asList(`\${concat(${JSON.stringify(args)}, ${role})}`),
    };
    const address =
      deployment.kind === "sandbox"
        ? { configPath: `${deployment.clusters?.directory ?? ""}/${cluster.name}/admin.kubeconfig` }
        : { host: cluster.apiEndpoint, clusterCaCertificate: Fn.base64decode(cluster.certificateAuthority) };
    const cloud = deployment.kind === "cloud";
    return {
      kubernetes: new KubernetesProvider(this, constructId("kubernetes", alias), {
        alias,
        ...address,
        exec: cloud ? [exec] : undefined,
      }),
      helm: new HelmProvider(this, constructId("helm", alias), {
        alias,
        kubernetes: { ...address, exec: cloud ? exec : undefined },
        // Releases hold no secret, and who plans may read everything but Secrets.
        helmDriver: "configmap",
      }),
    };
  }

  private awsProvider(
    id: string,
    props: {
      readonly alias?: string;
      readonly owner: string;
      readonly account: BaseStackProps["account"];
      readonly roleArn?: string;
    },
  ): AwsProvider {
    const { deployment } = this.base;
    return new AwsProvider(this, id, {
      alias: props.alias,
      region: props.account.region,
      allowedAccountIds: [props.account.id],
      defaultTags: [
        { tags: { project: "opsdx", environment: this.base.owner, stack: this.node.id, "managed-by": "terraform" } },
      ],
      ...(deployment.kind === "sandbox"
        ? {
            // Each account is a profile, so no role is assumed. Everything that an environment could say otherwise is written out.
            profile: props.owner,
            sharedConfigFiles: [deployment.emulator.configFile],
            sharedCredentialsFiles: [deployment.emulator.credentialsFile],
            endpoints: [endpointsAt(deployment.emulator.endpoint)],
            s3UsePathStyle: true,
            skipMetadataApiCheck: "true",
            // What the emulator lacks fails within seconds, and a connection lost now and then on a busy machine fails nothing.
            maxRetries: 5,
          }
        : { assumeRole: props.roleArn === undefined ? undefined : [{ roleArn: props.roleArn }] }),
    });
  }

  /** The data source that reads this stack's outputs from a consumer. */
  public remoteState(consumer: BaseStack): DataTerraformRemoteStateLocal | DataTerraformRemoteStateS3 {
    const { deployment } = this.base;
    const stateId = constructId(this.node.id, "state");
    return deployment.kind === "sandbox"
      ? new DataTerraformRemoteStateLocal(consumer, stateId, {
          path: `${deployment.stateDirectory}/${stateFile(this.node.id)}`,
        })
      : new DataTerraformRemoteStateS3(consumer, stateId, this.stateLocation(deployment));
  }

  private stateLocation(deployment: Extract<Deployment, { kind: "cloud" }>) {
    const { id, region } = deployment.stateAccount;
    return {
      bucket: deployment.stateBucket,
      key: stateKey(this.base.owner, this.node.id),
      region,
      kmsKeyId: `arn:aws:kms:${region}:${id}:alias/${STATE_KEY_ALIAS}`,
    };
  }

  /**
   * Nothing: cdktf would resolve the whole stack once more, a sixth of a synth, in search of references to other stacks. Here they
   * pass through exports, and the program refuses any other.
   */
  public override prepareStack(): void {}

  /**
   * The stack's Terraform JSON as declared, resolved once: the policy check and the synthesizer read the same bytes.
   * Nothing may be added to the stack after the first call.
   */
  public declaredTerraform(): Record<string, unknown> {
    if (this.declared === undefined) {
      this.applyAspects();
      this.declared = super.toTerraform() as Record<string, unknown>;
    }
    return this.declared;
  }

  /** The core applies aspects when it writes files, which is too late: the policy check reads the same JSON before. */
  private applyAspects(): void {
    for (const aspect of Aspects.of(this).all) for (const construct of this.node.findAll()) aspect.visit(construct);
  }

  /** What Terraform gets: as declared, and in the sandbox without what the emulator and the local clusters cannot do. */
  public override toTerraform(): Record<string, unknown> {
    const declared = this.declaredTerraform();
    const { deployment } = this.base;
    if (deployment.kind === "cloud") return declared;
    return withinEmulatorLimits(onSandboxClusters(declared, deployment.clusters), {
      limits: [...EMULATOR_LIMITS, ...clusterLimits(declared, deployment.clusters)],
      amnesia: EMULATOR_AMNESIA,
    });
  }
}
