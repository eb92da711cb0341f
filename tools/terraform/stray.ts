/**
 * Whether a variable changes what Terraform does: where its state, its folder and its workspace are, the arguments of its commands, the
 * values of variables. Its logs and its downloads stay the person's.
 * @see https://developer.hashicorp.com/terraform/cli/config/environment-variables
 */
export function leadsTerraformAstray(name: string): boolean {
  return /^TF_(?!LOG|PLUGIN_CACHE_DIR$|REGISTRY_|CLI_CONFIG_FILE$)/.test(name);
}
