import { HttpMethod, KubernetesObjectApi } from "@kubernetes/client-node";
import type { KubernetesObject } from "./object";

const FIELD_MANAGER = "opsdx";

/**
 * The client for objects of every kind, which also applies them as they are. Its own `create` and `patch` leave out, without a word,
 * every field that the client's release does not know.
 */
export class StrictObjects extends KubernetesObjectApi {
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
