import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";
import { docstrings } from "./tools/lint/docstrings.mjs";

const providerRoots = ["@cdktf/provider-aws", "@cdktf/provider-kubernetes", "@cdktf/provider-helm"].map((name) => ({
  name,
  message: `Import deeply, for example "${name}/lib/<resource>": the root import costs 2 s and 570 MB.`,
}));
const cdktfCore = {
  name: "cdktf",
  message: "Import from constructs/shared/cdktf.ts, so that a move to another core is one file.",
};

export default tseslint.config(
  { ignores: ["node_modules", "cdktf.out", ".sandbox", ".cache", "coverage", "**/*.js", "**/*.cjs", "**/*.mjs"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-imports": ["error", { paths: [...providerRoots, cdktfCore] }],
      // A construct is declared for its effect on the tree.
      "no-new": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["{config,constructs,stacks,tools,lambdas,jobs}/**/*.ts"],
    plugins: { local: { rules: { docstrings } } },
    rules: { "local/docstrings": "error" },
  },
  {
    files: ["{config,constructs,stacks,lambdas,jobs}/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: [...providerRoots, cdktfCore],
          patterns: [{ group: ["**/tools/**"], message: "Data flows one way: nothing here may import a tool." }],
        },
      ],
    },
  },
  {
    files: ["tools/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name=/.Client$/]",
          message: "Make it with awsClient() of tools/aws/client.ts: no call of such a client hangs.",
        },
      ],
    },
  },
  {
    files: ["constructs/shared/cdktf.ts"],
    rules: { "no-restricted-imports": ["error", { paths: providerRoots }] },
  },
  prettier,
);
