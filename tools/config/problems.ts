import pc from "picocolors";
import type { ConfigProblem } from "../../config/load";

/** Every problem with what is wrong and what to do, by file. */
export function renderProblems(problems: readonly ConfigProblem[]): string {
  const files = [...new Set(problems.map(({ file }) => file))];
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  return [
    ...files.flatMap((file) => [
      pc.underline(file),
      ...problems.filter((problem) => problem.file === file).flatMap(renderProblem),
      "",
    ]),
    pc.red(`${count} in ${files.join(", ")}: correct each, then run this command again`),
  ].join("\n");
}

function renderProblem({ path, rule, received, nearest }: ConfigProblem): string[] {
  return [
    `  ${pc.bold(path)}`,
    `    rule      ${rule}`,
    `    received  ${received}`,
    ...(nearest === undefined ? [] : [`    nearest   ${pc.green(nearest)}`]),
  ];
}
