import path from "node:path";
import { Command } from "commander";
import { GROUPS } from "../command-groups";
import { PROJECT_ROOT } from "../files";
import { writeOrCheck } from "../generated-file";
import { pagesIn } from "./pages";
import { readWiki, WIKI_FILE } from "./read";
import { renderWiki, WIKI_PAGE } from "./render";

/** The page as it must be, from the folder that `docs` stands in. */
export function wikiPage(root = PROJECT_ROOT): string {
  return renderWiki(readWiki(path.join(root, WIKI_FILE)), pagesIn(root));
}

/** Settings of {@link wikiCommand}. */
export interface WikiCommandProps {
  /** Folder that `docs` stands in. @default - the project's */
  readonly root?: string;
}

/** `opsdx wiki`: where each part of the old operations page stands today. */
export function wikiCommand({ root }: WikiCommandProps = {}): Command {
  return new Command("wiki")
    .helpGroup(GROUPS.build)
    .description(`write ${WIKI_PAGE.file}: where each heading, command and open point of the old wiki stands today`)
    .option("--check", `write nothing; exit code 1 if ${WIKI_PAGE.file} is out of date`)
    .action(({ check = false }: { check?: boolean }) => {
      if (!writeOrCheck({ ...WIKI_PAGE, text: wikiPage(root), check, root })) process.exitCode = 1;
    });
}
