import type { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { Release } from "@cdktf/provider-helm/lib/release";
import { Construct, TerraformAsset, type ITerraformDependable } from "../cdktf";
import { StackModel } from "../policy/model";
import { secretsRules } from "../policy/rules/secrets";
import { refuse } from "../props-error";
import { acceptRendered, acceptedFaults, type AcceptedRendering } from "./accepted-rendering";

/** A value of a chart. `null` removes the chart's default. */
export type HelmValue =
  string | number | boolean | null | readonly HelmValue[] | { readonly [key: string]: HelmValue | undefined };

/** A chart at one version. */
export interface PinnedChart {
  /** Name in its repository. */
  readonly name: string;
  /** Exact version, for example `0.58.1`. */
  readonly version: string;
  /** Address of the repository: `https://…` or `oci://…`. */
  readonly repository: string;
}

/** A chart of this project, which travels with the stack. */
export interface OwnChart {
  /** Absolute path of its folder. */
  readonly folder: string;
}

/** Properties of {@link HelmRelease}. */
export interface HelmReleaseProps {
  /** The cluster. */
  readonly provider: HelmProvider;
  /** Name of the release in its namespace. */
  readonly releaseName: string;
  /** Namespace, which must be there. */
  readonly namespace: string;
  /** What is installed: a published chart, or one of this project. */
  readonly chart: PinnedChart | OwnChart;
  /** Values that differ from the chart's own. */
  readonly values: Readonly<Record<string, HelmValue>>;
  /** Seconds that the pods have to become ready; then the release goes back to what it was. @default 600 */
  readonly timeoutSeconds?: number;
  /** What `opsdx charts check` finds in it and people accept; one that covers nothing is a fault. @default - nothing */
  readonly accepted?: readonly AcceptedRendering[];
  /** What must be there first, such as the namespace. @default - nothing */
  readonly dependsOn?: ITerraformDependable[];
}

/** @see https://github.com/helm/helm/blob/v3.18.5/pkg/chartutil/validate_name.go */
const RELEASE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const MAX_RELEASE_NAME = 53;

const DEFAULT_TIMEOUT_SECONDS = 600;
/** Revisions that `helm rollback` can go back to; each is an object in the namespace. */
const MAX_HISTORY = 10;

/**
 * A chart on a cluster, at one version, with its values as one JSON text: what a plan shows is what the chart gets. An upgrade waits
 * for the pods and takes itself back when they don't become ready.
 *
 * Values are kept in the Terraform state and in the cluster, so a secret among them is refused: charts take a Secret's name.
 */
export class HelmRelease extends Construct {
  /** The release: what needs its objects depends on it. */
  public readonly resource: Release;

  /** @throws PropsError naming everything that is wrong with the properties */
  public constructor(scope: Construct, id: string, props: HelmReleaseProps) {
    super(scope, id);
    const { chart, namespace, releaseName } = props;
    const values = JSON.stringify(props.values);
    refuse(this, [
      (!RELEASE_NAME.test(releaseName) || releaseName.length > MAX_RELEASE_NAME) &&
        `releaseName must be at most ${MAX_RELEASE_NAME} lower-case letters, digits and hyphens, got "${releaseName}"`,
      ...("folder" in chart ? [] : pinFaults(chart)),
      ...acceptedFaults(props.accepted),
      ...secretsIn(values).map((found) => `values must hold no secret, only the name of a Secret: ${found}`),
    ]);
    acceptRendered(this, props.accepted);
    this.resource = new Release(this, "Resource", {
      provider: props.provider,
      name: releaseName,
      namespace,
      createNamespace: false,
      ...("folder" in chart
        ? // Its folder is named after a hash of it, so a change of the chart is a change of the release.
          { chart: `./${new TerraformAsset(this, "Chart", { path: chart.folder }).path}` }
        : { chart: chart.name, version: chart.version, repository: chart.repository }),
      values: [values],
      atomic: true,
      wait: true,
      timeout: props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      maxHistory: MAX_HISTORY,
      dependsOn: props.dependsOn,
    });
  }
}

function pinFaults({ repository, version }: PinnedChart): readonly (string | false)[] {
  return [
    !/^v?\d+\.\d+\.\d+$/.test(version) && `chart.version must be an exact version such as 1.2.3, got "${version}"`,
    !/^(https|oci):\/\//.test(repository) && `chart.repository must start with https:// or oci://, got "${repository}"`,
  ];
}

/** What the policy's rule finds in the values: here already, since no reason would make it acceptable. */
function secretsIn(values: string): readonly string[] {
  const model = new StackModel("values", {
    resource: { helm_release: { release: { "//": { metadata: { path: "values" } }, values: [values] } } },
  });
  return secretsRules
    .filter(({ id }) => id === "NoLiteralSecret")
    .flatMap(({ check }) => check(model).map(({ problem }) => problem));
}
