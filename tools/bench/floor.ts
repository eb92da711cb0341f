/**
 * The floor that synth is measured against: the same resources as in an earlier synth, written with bare cdktf and the same
 * deep provider imports, without configuration, constructs or policy. Reads `OPSDX_BENCH_FROM`, writes to `CDKTF_OUTDIR`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { App, TerraformStack, type Construct, type TerraformResource } from "../../constructs/shared/cdktf";

type ResourceClass = new (scope: Construct, id: string, config: object) => TerraformResource;
type Resources = Record<string, Record<string, Record<string, unknown>>>;

const load = createRequire(__filename);

function bindingOf(type: string): ResourceClass {
  const [provider = "", ...rest] = type.split("_");
  const folder = `@cdktf/provider-${provider}/lib/${rest.join("-")}`;
  const module = load(folder) as Record<string, { tfResourceType?: string }>;
  const binding = Object.values(module).find((value) => value.tfResourceType === type);
  if (binding === undefined) throw new Error(`no binding for ${type} in ${folder}`);
  return binding as unknown as ResourceClass;
}

function writeFloor(from: string): void {
  const app = new App({ stackTraces: false });
  for (const name of readdirSync(from)) {
    const json = JSON.parse(readFileSync(path.join(from, name, "cdk.tf.json"), "utf8")) as { resource?: Resources };
    const stack = new TerraformStack(app, name);
    new AwsProvider(stack, "Aws", { region: "us-east-1" });
    const types = Object.keys(json.resource ?? {});
    if (types.some((type) => type.startsWith("kubernetes_"))) new KubernetesProvider(stack, "Kubernetes", {});
    if (types.some((type) => type.startsWith("helm_"))) new HelmProvider(stack, "Helm", {});
    for (const [type, instances] of Object.entries(json.resource ?? {})) {
      const Binding = bindingOf(type);
      for (const [id, body] of Object.entries(instances)) {
        const resource = new Binding(stack, id, {});
        for (const [argument, value] of Object.entries(body)) {
          if (argument !== "//") resource.addOverride(argument, value);
        }
      }
    }
  }
  app.synth();
}

writeFloor(path.join(process.env["OPSDX_BENCH_FROM"] ?? "cdktf.out", "stacks"));
