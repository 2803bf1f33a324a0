// SPDX-License-Identifier: Apache-2.0
// JSON in which no integer loses digits: RLIM_INFINITY is 2^64-1 and appears in real documents.

const INTEGER = /^-?\d+$/;
/** Only a text with this in it can hold an integer beyond 2^53. */
const MANY_DIGITS = /\d{16}/;

/** JSON.parse, but integers that a double cannot hold become bigint. Throws what JSON.parse throws. */
export function parseExactJson(text: string): unknown {
  return MANY_DIGITS.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
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
