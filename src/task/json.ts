// SPDX-License-Identifier: Apache-2.0
// JSON documents inside of requests, with the words that clients know from Go's parser.

import { TaskError } from "../base/errors.ts";
import { parseExactJson } from "../base/json.ts";
import { oneLine } from "../base/one-line.ts";

/** Parses a document; TaskError unknown if it is not one. What it must contain is for others to say. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new TaskError("unknown", describe(text, error), { cause: error });
  }
}

/** V8 has several texts for a document that ends too early, and names the place otherwise. */
function describe(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const position = /at position (\d+)/.exec(message)?.[1];
  const isCut = /^Unexpected end|^Unterminated/.test(message) || Number(position) >= text.length;
  return isCut ? "unexpected end of JSON input" : oneLine(`invalid JSON: ${message}`);
}
