import { findBinaries } from "../../tools/control-plane/binaries";

/** Finds or builds the control plane's programs before any test file starts, and leaves word of them for `support.ts`. */
export default async function findPrograms(): Promise<void> {
  const search = await findBinaries({ env: process.env, say: (message) => process.stderr.write(`${message}\n`) });
  if (search.kind === "missing") process.stderr.write(`Tests on a real control plane are skipped: ${search.reason}\n`);
  process.env["OPSDX_CLUSTER_BINARIES"] = JSON.stringify(search);
}
