// SPDX-License-Identifier: Apache-2.0
// The text of a configuration as JSON.

import { SpecError } from "../base/errors.ts";
import { parseExactJson } from "../base/json.ts";

/** Parses a document without losing digits of integers. @throws SpecError if `text` is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new SpecError("", `invalid JSON: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.charAt(0).toLowerCase() + text.slice(1);
}
