import { clusterFullName } from "../../config/names";
import type { EnvironmentConfig } from "../../config/schema/environment";
import { WEB_APP, WEB_NAMESPACE } from "../../constructs/stage3/web/web-role";
import { ExplainedError } from "../../config/explained-error";
import { kubectl } from "../kubectl";

/** How many pods of the web service there are, at a moment of a run. */
export interface AutoscalerSample {
  /** Seconds since the run began. */
  readonly second: number;
  /** Pods that there are. */
  readonly current: number;
  /** Pods that the autoscaler wants. */
  readonly desired: number;
}

/** Looks at the web service's autoscaler. */
export interface Autoscaler {
  /** How it stands; undefined when nobody tells. */
  look(): Promise<Omit<AutoscalerSample, "second"> | undefined>;
}

interface Hpa {
  readonly status?: { readonly currentReplicas?: number; readonly desiredReplicas?: number };
}

/** The web service's autoscaler, by the person's kubectl. What it does is told beside the verdict, and decides nothing of it. */
export class WebAutoscaler implements Autoscaler {
  private failed = false;

  public constructor(
    private readonly environment: EnvironmentConfig,
    private readonly env: NodeJS.ProcessEnv,
    private readonly say: (line: string) => void,
  ) {}

  /** See {@link Autoscaler.look}. */
  public async look(): Promise<Omit<AutoscalerSample, "second"> | undefined> {
    if (this.failed) return undefined;
    const place = {
      environment: this.environment.name,
      cluster: "k8s",
      context: clusterFullName(this.environment, "k8s"),
      namespace: WEB_NAMESPACE,
    };
    try {
      const text = await kubectl(place, ["-n", WEB_NAMESPACE, "get", "hpa", WEB_APP, "-o", "json"], this.env);
      const { currentReplicas: current = 0, desiredReplicas: desired = 0 } = (JSON.parse(text) as Hpa).status ?? {};
      return { current, desired };
    } catch (error) {
      if (!(error instanceof ExplainedError) && !(error instanceof SyntaxError)) throw error;
      // Once is enough: the run goes on without.
      this.failed = true;
      this.say(`What the autoscaler does will not be told: ${error.message}`);
      return undefined;
    }
  }
}
