import path from "node:path";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { Construct, Fn, TerraformAsset } from "../../shared/cdktf";
import type { BootPayload } from "./payload";

/**
 * The files that kops keeps in the state store and the discovery bucket: what a booting node reads, and the keys of the service-account
 * issuer. They change only with a render, together with the boot scripts that carry their hashes.
 */
export class KopsBootFiles extends Construct {
  public constructor(scope: Construct, id: string, payload: BootPayload) {
    super(scope, id);
    for (const { bucket, key, file } of payload.objects) {
      const objectId = key.replace(/[^A-Za-z0-9]+(.)?/g, (_, letter?: string) => (letter ?? "").toUpperCase());
      const asset = new TerraformAsset(this, `${objectId}File`, { path: path.join(payload.folder, file) });
      new S3Object(this, objectId, {
        bucket,
        key,
        source: asset.path,
        sourceHash: Fn.filesha256(asset.path),
      });
    }
  }
}
