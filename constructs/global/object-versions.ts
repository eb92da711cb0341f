import { aws, type Command } from "../shared/observability/command";
import { placeholder } from "../shared/observability/placeholders";

/** The versions and delete markers of a bucket's objects below a prefix. */
export function listVersions(bucketName: string, prefix: string): Command {
  return aws(
    `s3api list-object-versions --bucket ${bucketName} --prefix ${prefix} --query '[Versions,DeleteMarkers][][].[Key,VersionId,IsLatest,LastModified]' --output table`,
  );
}

/** Makes an older version of an object the newest. */
export function copyVersion(bucketName: string): Command {
  const key = placeholder("key");
  return aws(
    `s3api copy-object --bucket ${bucketName} --key ${key} --copy-source "${bucketName}/${key}?versionId=${placeholder("version")}"`,
  );
}
