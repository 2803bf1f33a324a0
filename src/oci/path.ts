// SPDX-License-Identifier: Apache-2.0
// Paths as text. Lexical only: what a path leads to is for the kernel to say (openat2), never for string functions.

/** Without empty, "." and ".." components; absolute, "/" at least. A relative path is taken from "/". */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const component of path.split("/")) {
    if (component === "" || component === ".") continue;
    if (component === "..") kept.pop();
    else kept.push(component);
  }
  return `/${kept.join("/")}`;
}

/** `path` if it is absolute, else below `base`; clean. */
export function joinPath(base: string, path: string): string {
  return cleanPath(isAbsolute(path) ? path : `${base}/${path}`);
}

/** Whether a path starts with "/". */
export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** Whether the clean path `path` is below the clean directory `directory`; a directory is not below itself. */
export function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === "/" ? "/" : `${directory}/`) && path !== directory;
}

/** Directory and name of a clean path other than "/". */
export function splitPath(path: string): { readonly directory: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  return { directory: slash === 0 ? "/" : path.slice(0, slash), name: path.slice(slash + 1) };
}
