/**
 * Folder of a control plane into which its API server writes what was asked of it, and nothing else: agents see the folder, and find the file again
 * after the API server has turned it over. kops mounts a folder, too.
 */
export const AUDIT_LOG_FOLDER = "/var/log/kube-apiserver-audit";

/** Name of the file that is written. */
export const AUDIT_LOG_FILE = "audit.log";
