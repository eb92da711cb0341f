const { default: Sequencer } = require("@jest/test-sequencer");

const ORDER = ["emulator", "cluster", "unit"];

/** Starts the files that mostly wait first, so that the short ones run beside them. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ context }) => ORDER.indexOf(context.config.displayName?.name ?? "unit");
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
};
