import { HttpMethod, KubernetesObjectApi, type RequestContext } from "@kubernetes/client-node";
import { CommandError } from "../command-error";
import type { KubernetesObject } from "./object";

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
    const path = await this.specUriPath(structuredClone(object), "patch");
    const request = this.configuration.baseServer.makeRequestContext(path, HttpMethod.PATCH);
    request.setHeaderParam("Accept", "application/json");
    request.setHeaderParam("Content-Type", "application/apply-patch+yaml");
    request.setQueryParam("fieldManager", FIELD_MANAGER);
    request.setQueryParam("force", "true");
    request.setQueryParam("fieldValidation", "Strict");
    request.setBody(JSON.stringify(object));
    await this.requestPromise(request);
  }
}
