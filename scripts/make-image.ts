// SPDX-License-Identifier: Apache-2.0
// Makes the program that is installed from the bundle: node [flags] scripts/make-image.ts BUNDLE IMAGE
// To be run by the Node that is shipped, with the flags of the launcher: V8 takes bytecode back only under both.
// src/boot.ts has the format.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { Script } from "node:vm";

/** What V8 wants of bytecode in memory. */
const ALIGNMENT = 8;
const HEADER_BYTES = 4;
/** Loading is done long before; there is no way to be told. */
const SETTLE_MS = 1000;

const [, , bundle, image] = process.argv;
if (bundle === undefined || image === undefined)
  throw new Error("usage: make-image.ts BUNDLE IMAGE");
const filename = resolve(image);

const wrapped = wrap(readFileSync(bundle, "utf8"));
const script = new Script(wrapped, { filename });
await warmUp();
const header = Buffer.alloc(HEADER_BYTES);
header.writeUInt32LE(wrapped.length);
writeFileSync(
  image,
  Buffer.concat([header, Buffer.from(wrapped, "latin1"), script.createCachedData()]),
);

/** On the bundle's first line, as in Node's own wrapper: numbers in stacks stay right. */
function wrap(source: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  if (!/^[\x00-\x7f]*$/.test(source)) throw new Error(`${bundle} is not ASCII`);
  const text = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
  const size = HEADER_BYTES + text.length;
  return text + " ".repeat((ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT);
}

/** Loads everything that the daemon consists of; what V8 compiles for that stays with the script. */
async function warmUp(): Promise<void> {
  process.argv = [process.execPath, filename, "warm-up"];
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parts: unknown[]) => void;
  run(module.exports, createRequire(filename), module, filename, dirname(filename));
  await new Promise((resolved) => setTimeout(resolved, SETTLE_MS));
}
