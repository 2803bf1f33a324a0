// SPDX-License-Identifier: Apache-2.0
// JSON in which no integer loses digits: RLIM_INFINITY is 2^64-1 and appears in real configurations.

import { SpecError } from "../base/errors.ts";

const INTEGER = /^-?\d+$/;
/** Only a text with this in it can hold an integer beyond 2^53. */
const MANY_DIGITS = /\d{16}/;

/** JSON.parse, but integers that a double cannot hold become bigint. @throws SpecError if `text` is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return MANY_DIGITS.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
  } catch (error) {
    throw new SpecError("", `invalid JSON: ${describe(error)}`);
  }
}

function exactInteger(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const source = context?.source;
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined)
    return value;
  return INTEGER.test(source) ? BigInt(source) : value;
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.charAt(0).toLowerCase() + text.slice(1);
}
