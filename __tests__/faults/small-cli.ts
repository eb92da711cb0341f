import path from "node:path";
import { buildCli, runCli } from "../../tools/cli";
import { sandboxCommand } from "../../tools/sandbox/command";

/** The project's command line, whose sandbox runs the small program. */
const sandbox = sandboxCommand({ main: path.join(__dirname, "small-program.ts") });
void runCli(process.argv.slice(2), buildCli([sandbox]));
