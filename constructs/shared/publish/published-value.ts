import { SsmParameter } from "@cdktf/provider-aws/lib/ssm-parameter";
import { publishedFolder } from "../../../config/names";
import type { Construct } from "../cdktf";
import { Fn } from "../cdktf";
import { partOf } from "../observability/system";

/** Where a published value stands. */
export interface PublishedValueProps {
  /** Environment, or `global`. */
  readonly environment: string;
  /** Stage, for example `stage1`. */
  readonly stage: string;
  /** System within the stage. */
  readonly system: string;
  /** Name of the value. */
  readonly name: string;
  /** The value: never a secret. Lists become `StringList`, maps JSON. */
  readonly value: string | readonly string[] | Readonly<Record<string, unknown>>;
}

/** Path of a published value: `/opsdx/<env>/<stage>/<system>/<name>`. */
export function publishedPath(place: Omit<PublishedValueProps, "value">): string {
  return `${publishedFolder(place.environment, place.stage)}${place.system}/${place.name}`;
}

/** Publishes a value to SSM for readers outside this program: applications, Lambda functions, scripts. */
export function publishValue(scope: Construct, id: string, props: PublishedValueProps): void {
  const { value } = props;
  const parameter = new SsmParameter(scope, id, {
    name: publishedPath(props),
    description: `${props.system} ${props.name} of ${props.environment} ${props.stage}`,
    // The provider hides `value` from every plan; nothing here is secret.
    ...(typeof value === "string"
      ? { type: "String", insecureValue: value }
      : Array.isArray(value)
        ? { type: "StringList", insecureValue: Fn.join(",", value as string[]) }
        : { type: "String", insecureValue: Fn.jsonencode(value) }),
  });
  partOf(parameter, props.system);
}
