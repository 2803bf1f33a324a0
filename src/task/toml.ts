// SPDX-License-Identifier: Apache-2.0
// Reads what CRI makes of a runtime's options table: TOML with one `Key = value` a line. Values other than strings, booleans
// and whole numbers, and everything below a [table], are none of ours and left out.

export type TomlValue = string | boolean | number;

const LINE = /^\s*(?:([A-Za-z0-9_-]+)|"([^"\\]*)"|'([^']*)')\s*=\s*(.*?)\s*$/;
const TABLE = /^\s*\[/;
const BASIC_STRING = /^("(?:[^"\\]|\\.)*")\s*(?:#.*)?$/;
const LITERAL_STRING = /^'([^']*)'\s*(?:#.*)?$/;
const PLAIN = /^([A-Za-z0-9_+-]+)\s*(?:#.*)?$/;

/** The keys of the document's root, by name. What cannot be read is left out. */
export function parseFlatToml(text: string): ReadonlyMap<string, TomlValue> {
  const values = new Map<string, TomlValue>();
  for (const line of text.split(/\r?\n/)) {
    if (TABLE.test(line)) break;
    const match = LINE.exec(line);
    const key = match?.[1] ?? match?.[2] ?? match?.[3];
    const value = parseValue(match?.[4] ?? "");
    if (key !== undefined && value !== undefined) values.set(key, value);
  }
  return values;
}

function parseValue(text: string): TomlValue | undefined {
  const basic = BASIC_STRING.exec(text)?.[1];
  if (basic !== undefined) return parseBasicString(basic);
  const literal = LITERAL_STRING.exec(text)?.[1];
  if (literal !== undefined) return literal;
  const plain = PLAIN.exec(text)?.[1];
  if (plain === "true" || plain === "false") return plain === "true";
  return plain !== undefined && /^[+-]?\d+(_\d+)*$/.test(plain)
    ? Number(plain.replaceAll("_", ""))
    : undefined;
}

/** The escapes of a basic string are JSON's but for \U and \e, which no path of ours has. */
function parseBasicString(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}
