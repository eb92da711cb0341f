// Answers each message { id, text } with { id, json } or { id, error }: the parser is Go in WebAssembly, which never lets its thread end.
const { parentPort } = require("node:worker_threads");
const { parse } = require("@cdktf/hcl2json");

parentPort.on("message", ({ id, text }) =>
  parse("kubernetes.tf", text).then(
    (json) => parentPort.postMessage({ id, json }),
    (error) => parentPort.postMessage({ id, error: String(error) }),
  ),
);
