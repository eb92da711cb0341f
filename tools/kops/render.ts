import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { RefusedError } from "../../config/explained-error";
import { App } from "../../constructs/shared/cdktf";
import { KopsCluster } from "../../constructs/stage2/kops/cluster";
import { renderManifest } from "../../constructs/stage2/kops/manifest";
import { instanceGroups, type KopsClusterSpec } from "../../constructs/stage2/kops/spec";
import { BaseStack } from "../../stacks/base-stack";
import { CommandError } from "../command-error";
import type { Children } from "../terraform/children";
import type { Kops } from "./binary";
import { compare, describe, readKopsTerraform, unexplained } from "./parity";
import { collectPayload, lastStored, recoverFolder, replaceFolder } from "./payload-folder";
import { editsBetween, groupKey, type StateStore, type StoredCluster } from "./state-store";
import { Unfinished } from "./unfinished";

/** What a render did. */
export interface RenderResult {
  /** Resources that kops declares, without the boot payload. */
  readonly resources: number;
  /** Differences that are meant. */
  readonly intended: number;
  /** Files of the boot payload. */
  readonly files: number;
}

/** Settings of {@link renderPayload}. */
export interface RenderProps {
  /** The person's kops. */
  readonly kops: Kops;
  /** Where kops is started. After a signal the step under way ends, and then the render. */
  readonly children: Children;
  /** The cluster, on the ids of the applied stage1. */
  readonly spec: KopsClusterSpec;
  /** Where kops keeps the cluster's description. */
  readonly store: StateStore;
  /** Folder that receives the payload. */
  readonly folder: string;
  /** Overwrite what was edited in the state store by hand. */
  readonly force: boolean;
  /** Told what happens next. */
  readonly progress: (step: string) => void;
}

/**
 * Hands the manifest to kops, holds kops' Terraform against this program's resources, and keeps the boot payload. The folder and the
 * cluster's description in the state store change only when everything agreed; keys that kops made stay, for the next render.
 *
 * @throws RefusedError when the state store was edited by hand
 * @throws CommandError when kops refuses the manifest, or a difference has no reason
 * @throws InterruptedError after a signal
 */
export async function renderPayload(props: RenderProps): Promise<RenderResult> {
  const { spec, store, folder, force, progress } = props;
  recoverFolder(folder);
  const unfinished = new Unfinished(folder);
  progress(`looking for edits in ${store.location}`);
  const before = await unfinished.putBack(store, progress);
  if (!force) assertUnedited(spec.name, lastStored(folder), before);
  const work = mkdtempSync(path.join(tmpdir(), "opsdx-kops-"));
  try {
    unfinished.begin(before);
    const result = await render(props, { work, started: (pid) => unfinished.started(pid) });
    unfinished.end();
    return result;
  } catch (error) {
    progress(`putting ${store.location} back`);
    await store.write(before).catch((fault: unknown) => {
      throw new CommandError(
        `${messageOf(error)}\nAnd ${store.location} still has what was refused: ${messageOf(fault)}. The next render puts it back`,
      );
    });
    unfinished.end();
    throw error;
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function render(
  { kops, children, spec, store, folder, progress }: RenderProps,
  { work, started }: { readonly work: string; readonly started: (pid: number) => void },
): Promise<RenderResult> {
  const run = { children, say: progress, started };
  const state = ["--state", `s3://${spec.stateBucket}`];
  const manifest = path.join(work, "manifest.yaml");
  writeFileSync(manifest, renderManifest(spec));
  progress("kops replace");
  await kops.run(["replace", "--force", "-f", manifest, ...state], run);
  await dropOtherGroups(store, spec);

  progress("kops update cluster --target=terraform");
  const out = path.join(work, "terraform");
  const kubeconfig = path.join(work, "kubeconfig");
  await kops.run(
    [
      ...["update", "cluster", "--name", spec.name, "--target=terraform", `--out=${out}`, ...state],
      // Otherwise node groups would get the version that the control planes run now, if whoever renders can reach them.
      "--ignore-kubelet-version-skew",
    ],
    { ...run, env: { KUBECONFIG: kubeconfig } },
  );

  progress("comparing kops' Terraform with this program's");
  const theirs = await readKopsTerraform(out);
  const differences = compare(theirs.resources, declaredResources(spec, path.join(work, "cdktf.out")));
  const open = unexplained(differences);
  if (open.length > 0) {
    throw new CommandError(
      `kops' Terraform and this program's differ in ${open.length} place${open.length === 1 ? "" : "s"} without a reason:\n` +
        open.map((difference) => `  ${describe(difference)}`).join("\n"),
    );
  }

  const next = path.join(work, "payload");
  const stored = await store.read();
  const intended = differences.length;
  const files = collectPayload({
    out,
    objects: theirs.payloadObjects,
    kubeconfig,
    folder: next,
    former: folder,
    spec,
    stored,
    intendedDifferences: intended,
  });
  children.throwIfInterrupted();
  replaceFolder(next, folder);
  return {
    resources: Object.values(theirs.resources).reduce((count, instances) => count + Object.keys(instances).length, 0),
    intended,
    files,
  };
}

/** A replace leaves the groups alone that the manifest does not name. */
async function dropOtherGroups(store: StateStore, spec: KopsClusterSpec): Promise<void> {
  const wanted = ["config", ...instanceGroups(spec).map(({ name }) => groupKey(name))];
  const stored = await store.read();
  await store.write(Object.fromEntries(Object.entries(stored).filter(([key]) => wanted.includes(key))));
}

function assertUnedited(name: string, rendered: StoredCluster | undefined, stored: StoredCluster): void {
  if (Object.keys(stored).length === 0) return;
  if (rendered === undefined) {
    throw new RefusedError(
      `kops knows ${name} already, but there is no payload of it here: it was rendered in another checkout, or made by hand. ` +
        "Get the payload from there, or render with --force to replace what the state store has.",
    );
  }
  const edits = editsBetween(rendered, stored);
  if (edits.length === 0) return;
  throw new RefusedError(
    `${name} was edited in the state store since the last render here; a render would undo it:\n` +
      `${edits.map((edit) => `  ${edit}`).join("\n")}\n` +
      "Carry the edit over to config/, or get the payload of the render that made it, or render with --force to drop it.",
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The cluster's resources as stage2 declares them, on literal ids. */
function declaredResources(spec: KopsClusterSpec, outdir: string): Parameters<typeof compare>[1] {
  const stack = new BaseStack(new App({ outdir, stackTraces: false }), "render", {
    owner: "render",
    account: spec.account,
    deployment: { kind: "cloud", stateBucket: "unused", stateAccount: spec.account },
  });
  new KopsCluster(stack, "Cluster", { spec, boot: { placeholder: "" } });
  stack.prepareStack();
  return stack.toTerraform()["resource"] as Parameters<typeof compare>[1];
}
