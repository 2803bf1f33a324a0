// SPDX-License-Identifier: Apache-2.0
// Writes native/init/corpus, what the fuzzer starts from: encoded golden plans and one program that has every op. Old seeds
// stay good after a change of the schema (the fuzzer repairs headers), but lack what is new; run it by hand when ops were added:
//
//   node native/init/testing/make-corpus.ts

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileContainer } from "../../../src/oci/compile.ts";
import { parseJson } from "../../../src/oci/json.ts";
import { parseSpec } from "../../../src/oci/parse.ts";
import { OPTIONS, V1_HOST } from "../../../src/oci/testdata/samples.ts";
import { Encoder } from "../../../src/plan/encode.ts";
import { argsOf, opNames } from "../../../src/plan/layout.ts";
import type { ArgKind, Op, Program } from "../../../src/plan/ops.ts";

const SAMPLES: Readonly<Record<ArgKind, unknown>> = {
  fd: "a",
  "fd?": "b",
  out: "c",
  inout: "d",
  str: "path",
  strs: ["sh", "-c", ""],
  bytes: Uint8Array.of(1, 2, 3, 4),
  u32: 3,
  u64: 1n << 40n,
};

/** Every op once, then once more tolerating and with an alternative. */
function everyOp(): Program {
  const plain = opNames.map((op) => {
    const args = argsOf(op).map(([name, kind]) => [name, SAMPLES[kind]]);
    return { op, why: "", ...Object.fromEntries(args) } as Op;
  });
  const tolerant = plain.map(
    (op): Op => ({ ...op, tolerate: ["ENOENT", "EPERM", "EINVAL", "EBUSY"], otherwise: op }),
  );
  // What follows close_from must be given anew.
  const isLast = (op: Op): boolean => op.op === "close_from";
  const all = [...plain, ...tolerant];
  return { inputs: ["a", "b"], ops: all.filter((op) => !isLast(op)).concat(plain.filter(isLast)) };
}

function golden(name: string): readonly Program[] {
  const file = join(import.meta.dirname, `../../../src/oci/testdata/${name}.json`);
  const { spec } = parseSpec(parseJson(readFileSync(file, "utf8")));
  const compiled = compileContainer(spec, V1_HOST, OPTIONS);
  return [compiled.enter(2), compiled.prepare, compiled.finish("/root")];
}

function write(name: string, programs: readonly Program[]): void {
  const encoder = new Encoder();
  for (const [index, program] of programs.entries()) {
    writeFileSync(join(CORPUS, `${name}-${index}.plan`), encoder.encode(program));
  }
}

const CORPUS = join(import.meta.dirname, "../corpus");
rmSync(CORPUS, { recursive: true, force: true });
mkdirSync(CORPUS);
write("empty", [{ inputs: [], ops: [] }]);
write("every-op", [everyOp()]);
write("plain", golden("plain"));
write("tty", golden("tty"));
