/** Which folder may import which: data flows one way, and a system never sees another system's inside. */
const SYSTEM = "^constructs/(?:stage[0-9]+/[^/]+|global)/";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "no-folder-cycle", severity: "error", scope: "folder", from: {}, to: { circular: true } },
    {
      name: "config-is-the-source",
      comment: "Configuration is read by everything and reads nothing.",
      severity: "error",
      from: { path: "^config/" },
      to: { path: "^(constructs|stacks|tools|lambdas|jobs)/" },
    },
    {
      name: "one-way",
      comment: "config, constructs, stacks, tools: each imports only what stands before it.",
      severity: "error",
      from: { path: "^constructs/" },
      to: { path: "^(stacks|tools)/" },
    },
    { name: "stacks-import-no-tool", severity: "error", from: { path: "^stacks/" }, to: { path: "^tools/" } },
    {
      name: "shared-knows-no-system",
      comment: "What two systems need moves to constructs/shared; it knows neither.",
      severity: "error",
      from: { path: "^constructs/shared/" },
      to: { path: SYSTEM },
    },
    {
      name: "systems-apart",
      comment: "A system never imports another system's inside; what two need moves to constructs/shared.",
      severity: "error",
      from: { path: "^constructs/(stage[0-9]+/[^/]+|global)/" },
      to: { path: SYSTEM, pathNot: "^constructs/$1/" },
    },
    {
      name: "not-to-dev-dep",
      comment: "What runs without the development's tools stands in `dependencies`; types alone may come from there.",
      severity: "error",
      from: { path: "^(config|constructs|stacks|tools|lambdas|jobs|main\\.ts)" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "^node_modules/@types/" },
    },
    {
      name: "not-to-undeclared",
      comment: "A package that is there only because another needs it may go with that one.",
      severity: "error",
      from: { path: "^(config|constructs|stacks|tools|lambdas|jobs|main\\.ts)" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    { name: "not-to-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|cdktf\\.out|\\.cache|\\.sandbox)" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
    tsConfig: { fileName: "tsconfig.json" },
  },
};
