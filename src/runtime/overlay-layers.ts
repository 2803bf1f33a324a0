// SPDX-License-Identifier: Apache-2.0
// The layers of an image with many of them, named so shortly that they fit into the one page which mount(2) takes: relative
// to an open directory that they are all in. Changing the working directory would do as well, but that is the whole process's.

/** From here on there may be no room left for what the kernel adds to the options; the reference's number. */
const LONG_OPTIONS_BYTES = 4096 - 512;
/** The option that names the layers, top first. */
export const LOWERDIR = "lowerdir=";

/**
 * The options of an overlay mount; long ones with their layers below what `openDirectory` returns for the directory that all
 * layers are in: another path of it. Layers that have no directory in common stay as they are. Otherwise pure.
 */
export function shortenLayers(
  options: readonly string[],
  openDirectory: (path: string) => string,
): readonly string[] {
  const layers = options.find((option) => option.startsWith(LOWERDIR))?.slice(LOWERDIR.length);
  // A backslash escapes a colon in a path: nobody has such layers, and they'd have to be read differently.
  if (layers === undefined || layers.includes("\\")) return options;
  if (Buffer.byteLength(options.join(",")) < LONG_OPTIONS_BYTES) return options;
  const paths = layers.split(":");
  const common = commonDirectory(paths);
  if (common === "") return options;
  const directory = openDirectory(common);
  const short = paths.map((path) => directory + path.slice(common.length));
  return withLayers(options, short);
}

/** The options with other layers. */
export function withLayers(
  options: readonly string[],
  layers: readonly string[],
): readonly string[] {
  return options.map((option) =>
    option.startsWith(LOWERDIR) ? LOWERDIR + layers.join(":") : option,
  );
}

/** The deepest directory that all of `paths` are in; "" if that is the root, or one of them is not absolute. */
export function commonDirectory(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split("/").slice(0, -1));
  const end = first.findIndex((name, index) => others.some((other) => other[index] !== name));
  return first.slice(0, end === -1 ? first.length : end).join("/");
}
