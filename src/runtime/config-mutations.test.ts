// SPDX-License-Identifier: Apache-2.0
// Properties of everything between config.json and a plan, on configurations that are made and on real ones that are damaged:
// a plan or one sentence, never anything else; never a plan of what the model of the specification calls invalid.
// TSRUNC_TEST_FULL=1 takes minutes instead of seconds. A failure prints its seed and the smallest counterexample.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { InitError, SpecError } from "../base/errors.ts";
import { parseJson } from "../oci/json.ts";
import { validConfig } from "../oci/testing/arbitrary.ts";
import { FULL } from "../oci/testing/full.ts";
import { judge } from "../oci/testing/judge.ts";
import { type Mutation, mutate, mutation, placesOf } from "../oci/testing/mutate.ts";
import { valueAt, withValue } from "../oci/testing/places.ts";
import { assertInvariants } from "../oci/testing/plan-invariants.ts";
import {
  compileEverything,
  type Everything,
  HOST_HOOK,
  type Setting,
  USUAL,
} from "./testing/compile-everything.ts";

const FULL_RUN = process.env["TSRUNC_TEST_FULL"] === "1";
/** The longest that one property may take, in milliseconds: what it finds it finds in most runs. */
const RUNS = FULL_RUN
  ? { numRuns: 30_000, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false }
  : { numRuns: 1500 };

const TESTDATA = new URL("../oci/testdata/", import.meta.url);
const REAL: readonly unknown[] = readdirSync(TESTDATA)
  .filter((name) => name.endsWith(".json") && !name.endsWith(".process.json"))
  .map((name) => parseJson(readFileSync(new URL(name, TESTDATA), "utf8")));

const setting: fc.Arbitrary<Setting> = fc.record({
  mode: fc.constantFrom("v1", "v2"),
  noPivot: fc.boolean(),
  nullStdin: fc.boolean(),
  source: fc.constantFrom("dir", "file"),
});

/** Some configuration and a donor, with one to five changes. */
const damaged = fc
  .record({
    base: fc.oneof(fc.constantFrom(FULL, ...REAL), validConfig),
    donor: fc.constantFrom(FULL, ...REAL),
    changes: fc.array(mutation, { minLength: 1, maxLength: 5 }),
  })
  .map(({ base, donor, changes }) => applyAll(base, donor, changes));

function applyAll(base: unknown, donor: unknown, changes: readonly Mutation[]): unknown {
  return changes.reduce((document, change) => mutate(document, change, donor), base);
}

/** What came of it: everything, or the error. */
function outcomeOf(json: unknown, where: Setting): Everything | SpecError {
  try {
    return compileEverything(json, where);
  } catch (error) {
    if (error instanceof SpecError) return assertSentence(error);
    // More than a plan holds: of small documents nothing is.
    const isTooMuch = error instanceof InitError && error.errno === 7;
    if (isTooMuch && placesOf(json).length > 200) return new SpecError("", error.message);
    throw error;
  }
}

/** For people: one line that says something, and a field unless the whole document is meant. */
function assertSentence(error: SpecError): SpecError {
  for (const text of [error.path, error.message]) {
    assert.match(text, /^[^\p{Cc}\u2028\u2029]*$/u);
    assert.ok(text.length <= 7000);
  }
  assert.match(error.message, /\S \S/);
  assert.ok(error.path !== "" || /^(config|the document) /.test(error.message), error.message);
  return error;
}

function assertAllInvariants({ plans }: Everything): void {
  for (const plan of plans) if (plan.name !== HOST_HOOK) assertInvariants(plan);
}

function textOf(outcome: Everything | SpecError): string {
  return outcome instanceof SpecError ? `${outcome.path}: ${outcome.message}` : outcome.text;
}

test("the configurations of real clients, and one with every field, are valid to the model", () => {
  for (const config of [FULL, ...REAL]) {
    assert.equal(judge(config), undefined);
    compileEverything(config, { ...USUAL, mode: "v2" });
  }
});

test("a valid configuration becomes a plan in which all holds that must hold", () => {
  fc.assert(
    fc.property(validConfig, setting, (config, where) => {
      assert.equal(judge(config), undefined);
      const { linux } = config as { linux: { rootfsPropagation?: string; resources?: object } };
      // What only some hosts and calls can have.
      fc.pre(!(where.noPivot && /private$/.test(linux.rootfsPropagation ?? "")));
      fc.pre(where.mode === "v2" || !Object.keys(Object(linux.resources)).includes("unified"));
      const outcome = compileEverything(config, where);
      assertAllInvariants(outcome);
    }),
    { ...RUNS, numRuns: RUNS.numRuns / 2 },
  );
});

test("what is damaged becomes a plan or one sentence, and no plan if it is invalid", () => {
  let [plans, errors] = [0, 0];
  fc.assert(
    fc.property(damaged, setting, (config, where) => {
      const outcome = outcomeOf(config, where);
      if (outcome instanceof SpecError) {
        errors += 1;
        return;
      }
      plans += 1;
      assert.equal(judge(config), undefined);
      assertAllInvariants(outcome);
      const ops = outcome.plans.flatMap(({ programs }) => programs.flatMap((one) => one.ops));
      const bound = (1 + outcome.plans.length) * (400 + 30 * placesOf(config).length);
      assert.ok(ops.length < bound, `${ops.length} ops of ${placesOf(config).length} values`);
    }),
    RUNS,
  );
  // Neither all valid nor all invalid: there is something to see on both sides.
  const few = (plans + errors) / 20;
  assert.ok(plans > few && errors > few, `${plans} plans, ${errors} errors`);
});

const WORDS = [
  "",
  "x",
  "x/y",
  "/",
  "/.",
  "/proc/self",
  "/proc",
  "../..",
  "a b",
  "a=b",
  "a\nb",
  "0-",
  "__proto__",
];

test("each text of a full configuration may be any word: a plan or one sentence, and no plan if it is invalid", () => {
  for (const at of placesOf(FULL)) {
    if (typeof valueAt(FULL, at) !== "string") continue;
    for (const word of WORDS) {
      const config = withValue(FULL, at, word);
      const outcome = outcomeOf(config, { ...USUAL, mode: "v2" });
      if (!(outcome instanceof SpecError)) assert.equal(judge(config), undefined, `${at}: ${word}`);
    }
  }
});

/** Objects whose names come from the user: there a name and the order of names mean something. */
const MAPS = [
  ["annotations"],
  ["linux", "sysctl"],
  ["linux", "timeOffsets"],
  ["linux", "netDevices"],
  ["linux", "resources", "rdma"],
  ["linux", "resources", "unified"],
];

/** A copy in which each object that is no map was changed. */
function changeObjects(
  value: unknown,
  change: (members: [string, unknown][]) => [string, unknown][],
  at: readonly string[] = [],
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => changeObjects(one, change, [...at, "[]"]));
  const members = Object.entries(value as Record<string, unknown>).map(
    ([name, member]): [string, unknown] => [name, changeObjects(member, change, [...at, name])],
  );
  const isMap = MAPS.some((map) => map.join("/") === at.join("/"));
  return Object.fromEntries(isMap ? members : change(members));
}

test("the same configuration gives the same, in whatever order its names are and with unknown ones", () => {
  const variants = [
    (members: [string, unknown][]) => members,
    (members: [string, unknown][]) => members.toReversed(),
    (members: [string, unknown][]) => members.toSorted(([one], [other]) => (one < other ? -1 : 1)),
    (members: [string, unknown][]) => [
      ["x-unknown", { deep: [1] }] as [string, unknown],
      ...members,
    ],
  ];
  fc.assert(
    fc.property(damaged, setting, fc.constantFrom(...variants), (config, where, change) => {
      const twin = changeObjects(config, change);
      assert.equal(textOf(outcomeOf(twin, where)), textOf(outcomeOf(config, where)));
    }),
    { ...RUNS, numRuns: RUNS.numRuns / 3 },
  );
});
