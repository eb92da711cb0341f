const DECLARATIONS = new Set([
  "ClassDeclaration",
  "FunctionDeclaration",
  "TSDeclareFunction",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "VariableDeclaration",
]);
const MEMBERS = new Set(["TSPropertySignature", "TSMethodSignature", "MethodDefinition", "PropertyDefinition"]);

/** Members of a class or an interface that others see. */
const membersOf = ({ type, body }) =>
  type === "TSInterfaceDeclaration" || type === "ClassDeclaration"
    ? body.body.filter(
        (member) =>
          MEMBERS.has(member.type) &&
          member.key.type !== "PrivateIdentifier" &&
          member.kind !== "constructor" &&
          member.accessibility !== "private" &&
          member.accessibility !== "protected" &&
          member.override !== true,
      )
    : [];

/**
 * CONTRIBUTING's rule: whatever is exported has a docstring, so has every member that others see, and each optional one of an
 * interface says its `@default`.
 * @type {import("eslint").Rule.RuleModule}
 */
export const docstrings = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      missing: "{{name}} must have a docstring: what it is, units, defaults.",
      default: "{{name}} is optional: its docstring must say the @default.",
    },
  },
  create({ report, sourceCode }) {
    const docOf = (node) => {
      const isDoc = ({ type, value }) => type === "Block" && value.startsWith("*");
      return sourceCode.getCommentsBefore(node).findLast(isDoc)?.value;
    };
    const check = (node, subject, name) => {
      const doc = docOf(node);
      if (doc === undefined) report({ node: subject, messageId: "missing", data: { name } });
      else if (subject.type === "TSPropertySignature" && subject.optional && !doc.includes("@default"))
        report({ node: subject, messageId: "default", data: { name } });
    };
    return {
      ExportNamedDeclaration(node) {
        const { declaration } = node;
        if (declaration === null || !DECLARATIONS.has(declaration.type)) return;
        const name = declaration.id?.name ?? declaration.declarations?.[0]?.id.name ?? "this export";
        check(node, declaration, name);
        for (const member of membersOf(declaration)) check(member, member, `${name}.${sourceCode.getText(member.key)}`);
      },
    };
  },
};
