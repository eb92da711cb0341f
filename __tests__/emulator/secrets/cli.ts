import { buildCli, runCli } from "../../../tools/cli";
import { secretsCommand } from "../../../tools/secrets/command";
import { PUMP } from "./pump";

/** The project's command line, in a program of its own, with the pump's secrets. */
void runCli(process.argv.slice(2), buildCli([secretsCommand({ services: () => PUMP })]));
