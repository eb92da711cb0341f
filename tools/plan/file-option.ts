import { statSync } from "node:fs";
import path from "node:path";
import { InvalidArgumentError } from "commander";

/** The value of an option that names a file: one that can be written when the work is done, minutes later. */
export function fileOf(text: string): string {
  if (text === "" || isFolder(text) === true) throw new InvalidArgumentError("must name a file, and is a folder");
  const folder = path.dirname(path.resolve(text));
  if (isFolder(folder) === false) throw new InvalidArgumentError(`${folder} must be a folder`);
  return text;
}

/** The value of an option that names a folder which is there: its absolute path. */
export function folderOf(text: string): string {
  if (isFolder(text) !== true) throw new InvalidArgumentError("must name a folder that is there");
  return path.resolve(text);
}

function isFolder(place: string): boolean | undefined {
  try {
    return statSync(place).isDirectory();
  } catch {
    // It is not there yet.
    return undefined;
  }
}
