/** A level of quoting: a command substitution inside double quotes starts afresh. */
type Level = "plain" | "single" | "double";

const HOLE = "<[a-zA-Z][^<>\\n]*>";
/** Part of a word that means itself to a shell, placeholders included. */
const LITERAL = new RegExp(`(?:[\\w./:@%+,-]|${HOLE})+`, "y");

/**
 * Quotes the words of a shell command that hold an unquoted placeholder: `<pod>` alone would redirect input from a file `pod`. So the
 * command is valid before it is filled in, and fails without harm.
 */
export function quotePlaceholders(command: string): string {
  const levels: Level[] = ["plain"];
  let quoted = "";
  for (let at = 0; at < command.length;) {
    const level = levels.at(-1);
    LITERAL.lastIndex = at;
    const word = LITERAL.exec(command)?.[0];
    if (word !== undefined) {
      quoted += level === "plain" && word.includes("<") ? `'${word}'` : word;
      at += word.length;
      continue;
    }
    const character = command.charAt(at);
    const escaped = character === "\\" && level !== "single";
    quoted += escaped ? command.slice(at, at + 2) : character;
    at += escaped ? 2 : 1;
    if (escaped) continue;
    if (character === "'" && level === "plain") levels.push("single");
    else if (character === "'" && level === "single") levels.pop();
    else if (character === '"' && level !== "single") {
      if (level === "double") levels.pop();
      else levels.push("double");
    } else if (character === "(" && (level === "plain" || quoted.endsWith("$(")) && level !== "single")
      levels.push("plain");
    else if (character === ")" && level === "plain" && levels.length > 1) levels.pop();
  }
  return quoted;
}
