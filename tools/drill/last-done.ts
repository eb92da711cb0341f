import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { SIMULATED } from "./scorecard";

/** Folder of scorecards and of the catalogue, below the project's. */
export const DRILL_PAGES = "docs/drills";

/** When a drill was done last, of the scorecards in the project: a day, and whether that was for real. */
export function lastDone(root: string, environment: string, drill: string): string | undefined {
  const folder = path.join(root, DRILL_PAGES, environment);
  const pages = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => new RegExp(`^\\d{8}-\\d{6}-${drill}\\.md$`).test(name))
    .sort();
  const done = pages.map((name) => ({
    day: `${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6, 8)}`,
    simulated: readFileSync(path.join(folder, name), "utf8").includes(SIMULATED),
  }));
  const real = done.filter(({ simulated }) => !simulated).at(-1);
  if (real !== undefined) return real.day;
  const last = done.at(-1);
  return last === undefined ? undefined : `${last.day}, simulated`;
}
