// Outlives a test run that was killed, and stops and deletes what the run has left in its folder. It waits for the end of its input,
// which the run holds open: nothing else is told of a process that is killed.
import { createRequire } from "node:module";
import { register } from "tsx/cjs/api";

process.stdin.resume();
process.stdin.once("end", () => {
  register();
  void createRequire(import.meta.url)("./reap.ts").reap(process.argv[2]);
});
