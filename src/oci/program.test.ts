// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { NOTHING_INHERITED } from "./inherited.ts";
import { execOps, findProgramOp } from "./program.ts";
import type { Process } from "./spec.ts";
import { specWith } from "./testdata/samples.ts";

function processWith(args: readonly string[], ...env: readonly string[]): Process {
  return specWith({ process: { args, env } }).process;
}

function find(name: string, ...env: readonly string[]) {
  const op: Op = findProgramOp(processWith([name], ...env), "process");
  assert.ok(op.op === "find_exec");
  return op;
}

test("a name is looked for in the container's PATH", () => {
  const op = find("sh", "PATH=/a:/b/", "X=y");
  assert.deepEqual(op.candidates, ["/a/sh", "/b//sh"]);
  const missing = 'exec: "sh": executable file not found in $PATH';
  assert.equal(op.whyErrno?.["ENOENT"], missing);
  assert.equal(op.whyErrno?.["EACCES"], missing);
});

test("the last PATH counts, and its relative parts do not", () => {
  assert.deepEqual(find("sh", "PATH=/a", "PATH=/b::.:c").candidates, ["/b/sh"]);
});

test("a name and no PATH is the failure of a program that is not there", () => {
  for (const env of [["PATH="], [], ["PATH=.:"]]) {
    assert.throws(
      () => find("sh", ...env),
      (error) =>
        error instanceof SpecError &&
        error.path === "process.args[0]" &&
        error.message === 'exec: "sh": executable file not found in $PATH',
    );
  }
  assert.throws(() => find("", "PATH=/bin"), /exec: "": executable file not found in \$PATH/);
});

test("a path is taken as it is", () => {
  const op = find("./x", "PATH=/bin");
  assert.deepEqual(op.candidates, ["./x"]);
  assert.deepEqual(op.whyErrno, {
    ENOENT: 'exec: "./x": stat ./x: no such file or directory',
    ENOTDIR: 'exec: "./x": stat ./x: not a directory',
    EACCES: 'exec: "./x": permission denied',
    EISDIR: 'exec: "./x": is a directory',
  });
});

test("HOME is added where it is missing or empty", () => {
  const env = (home: string | undefined, ...given: readonly string[]) =>
    execOps(
      processWith(["x"], ...given),
      { home },
      { inherited: NOTHING_INHERITED, seccomp: undefined },
    ).flatMap((op) => (op.op === "exec" ? op.env : []));
  assert.deepEqual(env("/root", "A=b"), ["A=b", "HOME=/root"]);
  assert.deepEqual(env("/root", "HOME=", "A=b"), ["A=b", "HOME=/root"]);
  assert.deepEqual(env(undefined, "A=b"), ["A=b", "HOME=/"]);
  assert.deepEqual(env("/root", "HOME=/mine"), ["HOME=/mine"]);
});
