// SPDX-License-Identifier: Apache-2.0
// Descriptors that the user's program gets besides its stdio.

import assert from "node:assert/strict";
import { assertFailure, type BareOp, output, shell, testInit } from "./testing/init.ts";

const inputs = [
  { slot: "a", path: "/etc" },
  { slot: "b", path: "/usr" },
  { slot: "c", path: "/tmp" },
];

function inherit(fd: string, target: number): BareOp {
  return { op: "inherit", fd, target };
}

/** What the program has open from 3 on. The shell opens nothing itself. */
const look = shell("for fd in 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$fd; done; true");

testInit("descriptors get the numbers that they are to have, whatever had them", (init) => {
  // The first takes the number of the socket, the others each other's in every order.
  for (const order of ["abc", "acb", "bac", "bca", "cab", "cba"]) {
    const ops = [...order].map((slot) => inherit(slot, "abc".indexOf(slot) + 3));
    const all: readonly BareOp[] = [...ops, { op: "close_from", first: 6 }, ...look];
    const result = init.run([{ inputs, ops: all }]);
    assert.equal(output(result), "/etc\n/usr\n/tmp\n", order);
    assert.ok(result.ended);
  }
});

testInit("one descriptor may be inherited under several numbers", (init) => {
  const ops: readonly BareOp[] = [
    inherit("a", 5),
    inherit("a", 3),
    { op: "close", fd: "a" },
    { op: "close", fd: "b" },
    { op: "close", fd: "c" },
    ...look,
  ];
  assert.equal(output(init.run([{ inputs, ops }])), "/etc\n/etc\n");
});

testInit("without close_range what is inherited stays and the rest goes", (init) => {
  const ops: readonly BareOp[] = [
    inherit("b", 3),
    inherit("a", 4),
    { op: "close_from", first: 5 },
    ...look,
  ];
  assert.equal(output(init.run([{ inputs, ops }], { deny: ["close_range"] })), "/usr\n/etc\n");
});

testInit("the socket is still there for a failure", (init) => {
  const missing: BareOp = { op: "find_exec", candidates: ["/no/such"] };
  const ops: readonly BareOp[] = [inherit("a", 3), { op: "close_from", first: 4 }, missing];
  assertFailure(init.run([{ inputs, ops }]), 2, "ENOENT");
});

testInit("a program that follows comes over the socket where it is now", (init) => {
  const result = init.run([{ inputs, ops: [inherit("a", 3)] }, { ops: shell("echo on") }]);
  assert.equal(output(result), "on\n");
});

testInit("stdio is not for inheriting, nor is a number beyond the limit", (init) => {
  assertFailure(init.run([{ inputs, ops: [inherit("a", 2)] }]), 0, "EINVAL");
  assertFailure(init.run([{ inputs, ops: [inherit("a", 0xffff_ffff)] }]), 0, "EINVAL");
  assertFailure(init.run([{ inputs, ops: [inherit("a", 0x7fff_ffff)] }]), 0, "EBADF");
});
