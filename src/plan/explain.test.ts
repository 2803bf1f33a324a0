// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { explainFailure } from "./explain.ts";
import { LIMITS } from "./layout.ts";
import type { Op, Program } from "./ops.ts";

const words = {
  errnoName: (errno: number) => (errno === 2 ? "ENOENT" : `E${errno}`),
  errnoText: (errno: number) => (errno === 2 ? "no such file or directory" : `error ${errno}`),
};

const make: Op = {
  op: "mkdir_all",
  root: "r",
  path: "d",
  mode: 0o755,
  out: "t",
  why: 'make "/d"',
};
const program: Program = {
  inputs: ["r"],
  ops: [
    { op: "chdir", path: "/", why: 'chdir to "/"', whyErrno: { ENOENT: "it is gone" } },
    {
      op: "resolve",
      root: "r",
      path: "d",
      flags: 0,
      resolve: 0n,
      out: "t",
      tolerate: ["ENOENT"],
      otherwise: make,
      why: "",
    },
  ],
};

test("the sentence is the op's why and the errno's text", () => {
  assert.deepEqual(explainFailure(program, 0, 13, words), {
    sentence: 'chdir to "/": error 13',
    op: "chdir",
  });
});

test("a sentence for the errno wins", () => {
  assert.equal(explainFailure(program, 0, 2, words).sentence, "it is gone");
});

test("without a why the errno's text stands alone", () => {
  assert.deepEqual(explainFailure(program, 1, 20, words), { sentence: "error 20", op: "resolve" });
});

test("alternatives are numbered after the ops", () => {
  assert.deepEqual(explainFailure(program, 2, 2, words), {
    sentence: 'make "/d": no such file or directory',
    op: "mkdir_all",
  });
});

test("a failure of no op is said to be init's", () => {
  assert.equal(
    explainFailure(program, LIMITS.wholePlan, 71, words).sentence,
    "init refused its plan: error 71",
  );
  assert.equal(explainFailure(program, 99, 71, words).sentence, "init failed: error 71");
});

test("names of object properties are no errnos", () => {
  const odd = { ...words, errnoName: () => "toString" };
  assert.equal(explainFailure(program, 0, 13, odd).sentence, 'chdir to "/": error 13');
});
