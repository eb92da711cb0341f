import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";

/** Programs of Prometheus that tests run. */
export type PrometheusProgram =
  "alertmanager" | "amtool" | "kube-state-metrics" | "node_exporter" | "prometheus" | "promtool";

/** A program's file, or why there is none. */
export type ProgramSearch =
  { readonly kind: "found"; readonly file: string } | { readonly kind: "missing"; readonly reason: string };

/** Debian's names, where they are others. */
const ALSO_CALLED: Readonly<Partial<Record<PrometheusProgram, string>>> = {
  alertmanager: "prometheus-alertmanager",
  node_exporter: "prometheus-node-exporter",
};

/**
 * Finds a program: in the folder that `OPSDX_PROMETHEUS` names, else on the `PATH`. Nothing is built here: they take ten minutes, so who wants
 * them runs `go build` once (tools/prometheus/README.md), or installs Debian's packages, which are old and do.
 */
export function findProgram(name: PrometheusProgram, env: NodeJS.ProcessEnv = process.env): ProgramSearch {
  const folder = env["OPSDX_PROMETHEUS"] ?? "";
  const folders = folder === "" ? (env["PATH"] ?? "").split(path.delimiter) : [folder];
  for (const one of folders) {
    for (const called of [name, ALSO_CALLED[name]]) {
      const file = called === undefined || one === "" ? undefined : path.join(one, called);
      if (file !== undefined && runs(file)) return { kind: "found", file };
    }
  }
  const where = folder === "" ? "not on the PATH, and OPSDX_PROMETHEUS names no folder of it" : `not in ${folder}`;
  return { kind: "missing", reason: `${name} is ${where}: tools/prometheus/README.md says how to get it` };
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
