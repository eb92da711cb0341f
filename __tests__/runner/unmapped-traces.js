const { types } = require("node:util");
const { TestEnvironment } = require("jest-environment-node");

let mapped;

/**
 * Jest's environment for Node, in which only the traces of errors are mapped to TypeScript: cdktf captures a trace for every token,
 * into a plain object, and mapping those took a third of the tests' time.
 */
module.exports = class UnmappedTraces extends TestEnvironment {
  async setup() {
    await super.setup();
    mapped ??= Error.prepareStackTrace;
    Error.prepareStackTrace = (holder, frames) => (types.isNativeError(holder) ? mapped(holder, frames) : "");
  }
};
