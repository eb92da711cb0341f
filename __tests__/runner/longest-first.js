const { default: Sequencer } = require("@jest/test-sequencer");

/** The projects of jest.config.js, those first whose files mostly wait. */
const ORDER = ["emulator", "faults", "control-plane", "recipes", "unit"];

/** Starts the files that mostly wait first, so that the short ones run beside them. */
module.exports = class LongestFirst extends Sequencer {
  /** @throws Error when a test belongs to a project that has no place in the order */
  sort(tests) {
    const rank = ({ context }) => ORDER.indexOf(context.config.displayName?.name);
    const stranger = tests.find((test) => rank(test) === -1);
    if (stranger !== undefined) {
      const { name } = stranger.context.config.displayName ?? {};
      throw new Error(`longest-first.js names no project ${name}: give it a place in ORDER`);
    }
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
};
