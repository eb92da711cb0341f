import path from "node:path";
import { buildCli, runCli } from "../../../tools/cli";
import { kopsCommand } from "../../../tools/kops/command";
import { namedIds } from "../../../tools/kops/target";
import { FolderStore } from "./support";

/** The command line with the fake kops of a folder, as a program: `<folder> kops render dev k8s`. */
async function main([root = "", ...words]: readonly string[]): Promise<void> {
  const kops = kopsCommand({
    payloadRoot: path.join(root, "kops"),
    env: { ...process.env, KOPS: path.join(root, "bin/kops") },
    storeOf: () => new FolderStore(path.join(root, "store")),
    idsOf: (environment) => Promise.resolve(namedIds(environment)),
  });
  await runCli(words, buildCli([kops]));
}

void main(process.argv.slice(2));
