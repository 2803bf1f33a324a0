// SPDX-License-Identifier: Apache-2.0
// Pages name tests by words of their titles: they have to be there.

/**
 * Whether a test in this source has these words in its title. A title may be a literal of a call, of a table of cases, or a
 * template: then the words are of one piece between its placeholders.
 */
export function hasTitle(source: string, words: string): boolean {
  return words !== "" && literals(source).some((literal) => literal.includes(words));
}

/** String literals outside of comments, templates with their placeholders. */
function literals(source: string): string[] {
  const pattern =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`|'((?:\\.|[^'\\\n])*)'/g;
  return [...source.matchAll(pattern)].map(([, double, template, single]) =>
    (double ?? template ?? single ?? "").replaceAll(/\\(["'`])/g, "$1"),
  );
}
