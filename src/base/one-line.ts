// SPDX-License-Identifier: Apache-2.0
// Words of somebody else inside of a sentence of ours: it stays one line of a bearable length, in a log and in a client's terminal.

/** Control characters, and what some terminals and log viewers take for the end of a line or of the text's direction. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const SHORT = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);
/** The longest sentence, in UTF-16 units: a path of the kernel's maximum fits into it. */
const MAX_LENGTH = 6000;

/** `text` on one line: control characters become escapes, and of a text that is too long the middle is left out. */
export function oneLine(text: string): string {
  const short = text.length > MAX_LENGTH ? withoutMiddle(text) : text;
  return short.replaceAll(
    UNPRINTABLE,
    (char) => SHORT.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function withoutMiddle(text: string): string {
  const part = MAX_LENGTH / 2;
  return `${text.slice(0, part)}...${text.slice(-part)}`.toWellFormed();
}
