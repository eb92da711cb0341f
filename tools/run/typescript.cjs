/**
 * Preloaded where a synth runs: TypeScript by tsx, and packages as Node loads them. tsx reads every file of a package once more, in
 * search of ES modules, and Node reads its source map: together a quarter of a synth.
 */
const { sep } = require("node:path");

const packages = require.extensions[".js"];
require("tsx/cjs");
const sources = require.extensions[".js"];

require.extensions[".js"] = (module, file) => {
  if (!file.includes(`${sep}node_modules${sep}`)) return sources(module, file);
  const mapped = process.sourceMapsEnabled;
  if (mapped) process.setSourceMapsEnabled(false);
  try {
    return packages(module, file);
  } catch (error) {
    // A package of ES modules only, where Node itself cannot require it.
    if (error.code !== "ERR_REQUIRE_ESM") throw error;
    return sources(module, file);
  } finally {
    if (mapped) process.setSourceMapsEnabled(true);
  }
};
