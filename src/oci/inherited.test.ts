// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProgram } from "../plan/format.ts";
import type { Op, Program } from "../plan/ops.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import type { Inherited } from "./inherited.ts";
import { OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

const ENV = ["PATH=/bin", "LISTEN_PID=7", "HOME=/", "LISTEN_FDNAMES=a", "LISTEN_FDS=9"];

function compile(inherited: Inherited | undefined) {
  const spec = specWith({ process: { env: ENV, noNewPrivileges: true } });
  const container = compileContainer(spec, V1_HOST, { ...OPTIONS, inherited });
  const target = { ...container.execTarget, nullStdio: [], inherited };
  return { container, exec: compileExec(spec.process, target, V1_HOST) };
}

function linesOf({ ops }: Program): readonly string[] {
  const own = ops.filter(({ op }) => op === "inherit" || op === "close_from");
  return formatProgram({ inputs: [], ops: own }).split("\n").slice(0, -1);
}

function environment(ops: readonly Op[]): readonly string[] {
  return ops.flatMap((op) => (op.op === "exec" ? op.env : []));
}

test("inherited descriptors are put in place before the wait for start, and kept", () => {
  const { container, exec } = compile({ count: 2, listening: 0 });
  for (const compiled of [container, exec]) {
    const program = compiled.finish(undefined);
    assert.ok(["inherit:0", "inherit:1"].every((slot) => program.inputs.includes(slot)));
    assert.deepEqual(linesOf(program), [
      "inherit fd=inherit:0 target=3",
      "inherit fd=inherit:1 target=4",
      "close_from first=5",
    ]);
    assert.deepEqual(environment(program.ops), ENV);
    assert.equal(compiled.process.needsPid, false);
  }
  const names = container.finish(undefined).ops.map(({ op }) => op);
  assert.ok(names.indexOf("inherit") < names.indexOf("ready"));
});

test("a program is told of what it listens on, whatever its environment says", () => {
  const { container, exec } = compile({ count: 3, listening: 2 });
  const others = ["PATH=/bin", "HOME=/", "LISTEN_FDNAMES=a"];
  for (const compiled of [container, exec]) {
    assert.equal(compiled.process.needsPid, true);
    const { ops } = compiled.finish(undefined, 12);
    assert.deepEqual(environment(ops), [...others, "LISTEN_FDS=2", "LISTEN_PID=12"]);
  }
});

test("without anything to inherit the plan is as ever", () => {
  for (const inherited of [undefined, { count: 0, listening: 0 }]) {
    const { container, exec } = compile(inherited);
    for (const compiled of [container, exec]) {
      const program = compiled.finish(undefined);
      assert.deepEqual(linesOf(program), ["close_from first=3"]);
      assert.deepEqual(environment(program.ops), ENV);
      assert.equal(compiled.process.needsPid, false);
    }
  }
});

test("hooks inherit nothing", () => {
  const { container } = compile({ count: 1, listening: 1 });
  assert.equal(Object.hasOwn(container.execTarget, "inherited"), false);
});
