import { reportError } from "../../config/explained-error";
import { bootstrapCommand } from "../../tools/bootstrap/command";

// `opsdx bootstrap` as a process, with its files in the folder that its first argument names.
const [directory, ...args] = process.argv.slice(2);
bootstrapCommand({ directory }).parseAsync(args, { from: "user" }).catch(reportError);
