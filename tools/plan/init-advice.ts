import type { Diagnostic } from "../terraform/events";

const ADVICE: readonly (readonly [says: RegExp, advice: string])[] = [
  [
    /checksum/i,
    "The lock file and what is installed differ: `npx opsdx providers lock` writes the lock file where the registry is reached.",
  ],
  [
    /provider/i,
    "Terraform takes providers from registry.terraform.io, or from a mirror that the file which TF_CLI_CONFIG_FILE names has (provider_installation); the sandbox from the folders of OPSDX_PROVIDER_MIRROR, too. Is the network on?",
  ],
];

/** An error of `terraform init`, with what helps against it. */
export function withInitAdvice(error: Diagnostic): Diagnostic {
  const advice = ADVICE.find(([says]) => says.test(`${error.summary} ${error.detail}`))?.[1];
  return advice === undefined ? error : { ...error, detail: `${error.detail.trim()}\n${advice}`.trim() };
}
