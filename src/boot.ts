// SPDX-License-Identifier: Apache-2.0
// What Node is given to run: it loads the program from `tsrunc.image`, a bundle with the bytecode that V8 made of it when it
// was built (scripts/make-image.ts). Parsing a megabyte of JavaScript would be a third of a shim's start. Source and bytecode
// are one file because V8 does not check that they belong together. With another Node than that of the build it refuses the
// bytecode, and is only slower.
//
// The image: the source's length in bytes (32 bits, little endian), the source (ASCII; a function as Node wraps modules), the
// bytecode.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";

const HEADER_BYTES = 4;

const filename = join(__dirname, "tsrunc.image");
const image = readFileSync(filename);
const end = HEADER_BYTES + image.readUInt32LE(0);
const script = new Script(image.toString("latin1", HEADER_BYTES, end), {
  filename,
  cachedData: image.subarray(end),
});
script.runInThisContext()(exports, require, module, filename, __dirname);
