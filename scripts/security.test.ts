// SPDX-License-Identifier: Apache-2.0
// docs/security.md promises a test for every attack, and for every test that it can fail: they exist, or the page says why not.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hasTitle } from "./test-titles.ts";

const ROOT = join(import.meta.dirname, "..");
const TEXT = readFileSync(join(ROOT, "docs", "security.md"), "utf8");
const COLUMNS = 4;

interface Row {
  readonly attack: string;
  readonly test: string;
  readonly control: string;
}

/** The table of attacks: attack, defence, test, control. */
function rows(): readonly Row[] {
  const [, section = ""] = TEXT.split(/^## Attacks of the past$/m);
  const lines = section.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => {
    const cells = line.split("|").slice(1, -1);
    assert.equal(cells.length, COLUMNS, line);
    const [attack = "", , shown = "", control = ""] = cells.map((cell) => cell.trim());
    return { attack, test: shown, control };
  });
}

/** `attacks/x`, `init/x`, `launcher/x`, `scripts/x` and `integration/x` have places of their own; the rest is in src. */
function candidates(name: string): readonly string[] {
  const [folder = ""] = name.split("/");
  const parent = new Map([
    ["attacks", "src/runtime/"],
    ["init", "native/"],
    ["launcher", "native/"],
    ["integration", ""],
  ]).get(folder);
  return ["test.ts", "root.test.ts", "ts"].map((ending) => `${parent ?? "src/"}${name}.${ending}`);
}

/** What a text names: `folder/file` "words of a title", "more words of another title"; each file with its words. */
function named(
  text: string,
): readonly { readonly file: string; readonly words: readonly string[] }[] {
  return [...text.matchAll(/`([\w./-]+\/[\w.-]+)`((?:,? "[^"]+")*)/g)].map(
    ([, file = "", list = ""]) => ({
      file,
      words: [...list.matchAll(/"([^"]+)"/g)].map(([, words = ""]) => words),
    }),
  );
}

function problems(text: string): readonly string[] {
  return named(text).flatMap(({ file, words }) => {
    const path = candidates(file).find((one) => existsSync(join(ROOT, one)));
    if (path === undefined) return [`there is no test file ${file}`];
    if (words.length === 0) return [`no title of ${file} is named`];
    const source = readFileSync(join(ROOT, path), "utf8");
    return words.filter((one) => !hasTitle(source, one)).map((one) => `${path} has no "${one}"`);
  });
}

const ATTACKS = rows();
/** Why there is nothing to show. */
const REASON = /^(?:can't apply|none): \S/;

test("the page of attacks has every one of the list that it was made from", () => {
  const cves = new Set(ATTACKS.flatMap(({ attack }) => attack.match(/CVE-\d{4}-\d+/g) ?? []));
  assert.ok(cves.size >= 45, `${cves.size}`);
  assert.ok(ATTACKS.length >= 40, `${ATTACKS.length}`);
});

for (const { attack, test: shown, control } of ATTACKS) {
  test(`what shows that it fails exists, and a control or a reason: ${attack}`, () => {
    assert.deepEqual([...problems(shown), ...problems(control)], []);
    const applies = !REASON.test(shown);
    if (applies) assert.ok(named(shown).length > 0, "no test");
    if (applies && !REASON.test(control)) assert.ok(named(control).length > 0, "no control");
  });
}

test("every test that the rest of the page names exists", () => {
  const [head = ""] = TEXT.split(/^## Attacks of the past$/m);
  const wrong = named(head).filter(({ words }) => words.length > 0);
  assert.deepEqual(
    wrong.flatMap(({ file, words }) =>
      problems(`\`${file}\` ${words.map((one) => `"${one}"`).join(", ")}`),
    ),
    [],
  );
});
