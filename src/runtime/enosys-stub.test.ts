// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { enosysStub, type KnownSyscalls } from "./enosys-stub.ts";
import { runFilter } from "./testing/classic-bpf.ts";

const X86_64 = 0xc000_003e;
const I386 = 0x4000_0003;
const ARM = 0x4000_0028;
const AARCH64 = 0xc000_00b7;
const X32_BIT = 0x4000_0000;
const ARM_PRIVATE = 0x000f_0000;
const ENOSYS = 0x0005_0026;

/** What follows the stub: reached, it says so. */
const REACHED = 0x7fff_0000;
const RETURN_REACHED = Uint8Array.of(0x06, 0, 0, 0, 0, 0, 0xff, 0x7f);

const stubbed = (known: readonly KnownSyscalls[]): Uint8Array =>
  Buffer.concat([enosysStub(known), RETURN_REACHED]);

const ALL = stubbed([
  {
    auditArch: X86_64,
    ranges: [
      { end: X32_BIT, highest: 440 },
      { end: undefined, highest: X32_BIT + 547 },
    ],
  },
  { auditArch: I386, ranges: [{ end: undefined, highest: 439 }] },
  { auditArch: ARM, ranges: [{ end: ARM_PRIVATE, highest: 438 }] },
  { auditArch: AARCH64, ranges: [] },
]);

for (const [what, arch, nr, expected] of [
  ["the highest known call", X86_64, 440, REACHED],
  ["the lowest call", X86_64, 0, REACHED],
  ["one above", X86_64, 441, ENOSYS],
  ["one far above", X86_64, X32_BIT - 1, ENOSYS],
  ["a known call of x32", X86_64, X32_BIT + 547, REACHED],
  ["an unknown one of x32", X86_64, X32_BIT + 548, ENOSYS],
  ["a negative number", X86_64, -1, ENOSYS],
  ["the highest known call of another architecture", I386, 439, REACHED],
  ["one above there", I386, 440, ENOSYS],
  ["a negative number there", I386, -1, ENOSYS],
  ["one above in the third", ARM, 439, ENOSYS],
  ["a private call of ARM", ARM, ARM_PRIVATE + 2, REACHED],
  ["any call of an architecture of which nothing is known", AARCH64, 10_000, REACHED],
  ["any call of one that is not there", 0x1234, 10_000, REACHED],
] as const) {
  const answer = expected === ENOSYS ? "does not exist" : "is for the filter to decide";
  test(`${what} ${answer}`, () => {
    assert.equal(runFilter(ALL, { nr, arch }), expected);
  });
}

test("without x32 its numbers are for the filter to decide", () => {
  const program = stubbed([{ auditArch: X86_64, ranges: [{ end: X32_BIT, highest: 440 }] }]);
  assert.equal(runFilter(program, { nr: X32_BIT + 9999, arch: X86_64 }), REACHED);
  assert.equal(runFilter(program, { nr: 441, arch: X86_64 }), ENOSYS);
});

test("without anything known there is no stub", () => {
  assert.equal(enosysStub([]).length, 0);
  assert.equal(enosysStub([{ auditArch: X86_64, ranges: [] }]).length, 0);
});

test("as many architectures as there are do not need a longer jump than there is", () => {
  const known = Array.from({ length: 40 }, (_, index) => ({
    auditArch: index,
    ranges: [
      { end: 1000, highest: 100 + index },
      { end: undefined, highest: 2000 },
    ],
  }));
  const program = stubbed(known);
  for (const { auditArch } of known) {
    assert.equal(runFilter(program, { nr: 100 + auditArch, arch: auditArch }), REACHED);
    assert.equal(runFilter(program, { nr: 101 + auditArch, arch: auditArch }), ENOSYS);
    assert.equal(runFilter(program, { nr: 1500, arch: auditArch }), REACHED);
    assert.equal(runFilter(program, { nr: 2001, arch: auditArch }), ENOSYS);
  }
});
