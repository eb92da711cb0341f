import { HttpMethod, KubernetesObjectApi, type RequestContext } from "@kubernetes/client-node";
import { CommandError } from "../command-error";
import type { KubernetesObject } from "../../constructs/shared/kubernetes-object";

const FIELD_MANAGER = "opsdx";

/** What the client calls an object; it is not exported. */
type Known = Parameters<KubernetesObjectApi["create"]>[0];

/**
 * The client for objects of every kind, which also applies them as they are. Its own `create` and `patch` leave out, without a word,
 * every field that the client's release does not know.
 */
export class StrictObjects extends KubernetesObjectApi {
  /** How long a request may take, in milliseconds. */
  public limit = 30_000;

  /**
   * Sends a request.
   * @throws CommandError when it is not answered to its end
   */
  protected override async requestPromise<T extends Known>(request: RequestContext, type?: string): Promise<T> {
    const signal = AbortSignal.timeout(this.limit);
    request.setSignal(signal);
    return super.requestPromise<T>(request, type).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new CommandError(`no whole answer from ${request.getUrl()} within ${this.limit / 1000} s`);
    });
  }

  /**
   * Creates an object, or makes its fields those that are given.
   * @throws ApiException when the API server does not know a field, or refuses a value
   */
  public async apply(object: KubernetesObject): Promise<void> {
    const query = { fieldManager: FIELD_MANAGER, force: "true" };
    await this.send("patch", object, { method: HttpMethod.PATCH, type: "application/apply-patch+yaml", query });
  }

  /**
   * Asks what would come of creating an object, and creates nothing.
   * @throws ApiException when the API server does not know a field, refuses a value, or has the object already: that it finds out last
   */
  public async wouldCreate(object: KubernetesObject): Promise<void> {
    const query = { dryRun: "All" };
    await this.send("create", object, { method: HttpMethod.POST, type: "application/json", query });
  }

  /** Whether the API server knows the kind of an object. */
  public async knows({ apiVersion, kind }: Pick<KubernetesObject, "apiVersion" | "kind">): Promise<boolean> {
    try {
      return (await this.resource(apiVersion, kind)) !== undefined;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 404) return false;
      throw error;
    }
  }

  private async send(
    action: "create" | "patch",
    object: KubernetesObject,
    { method, query, type }: { method: HttpMethod; query: Readonly<Record<string, string>>; type: string },
  ): Promise<void> {
    const path = await this.specUriPath(structuredClone(object), action);
    const request = this.configuration.baseServer.makeRequestContext(path, method);
    request.setHeaderParam("Accept", "application/json");
    request.setHeaderParam("Content-Type", type);
    for (const [name, value] of Object.entries({ ...query, fieldValidation: "Strict" })) {
      request.setQueryParam(name, value);
    }
    request.setBody(JSON.stringify(object));
    await this.requestPromise(request);
  }
}
