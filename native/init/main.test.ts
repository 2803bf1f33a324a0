// SPDX-License-Identifier: Apache-2.0
// The conversation with init: what it accepts, what it refuses, and what it reports. The ops have tests of their own.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Encoder } from "../../src/plan/encode.ts";
import { CHECKS, HEADER, LIMITS, RECORD } from "../../src/plan/layout.ts";
import {
  assertFailure,
  type BareOp,
  output,
  type Result,
  shell,
  testInit,
  toProgram,
} from "./testing/init.ts";

const missing: BareOp = { op: "chdir", path: "/does/not/exist" };

function assertRefused(result: Result, check: (typeof CHECKS)[number]): void {
  assertFailure(result, LIMITS.wholePlan, "EPROTO");
  assert.equal(CHECKS[(result.reports.at(-1)?.value ?? 0) - 1], check);
}

/** An encoded program, changed. */
function broken(ops: readonly BareOp[], change: (view: DataView) => void): Uint8Array {
  const bytes = new Encoder().encode(toProgram({ ops }));
  change(new DataView(bytes.buffer));
  return bytes;
}

testInit("--version says which libc is inside", (init) => {
  const text = execFileSync(init.path, ["--version"]).toString();
  assert.match(text, /^tsrunc-init [^ ]+ \((musl|glibc)\)\n$/);
});

testInit("programs run one after the other and each is reported done", (init) => {
  const first: BareOp = { op: "open", dir: "cwd", path: "/proc", flags: 0, mode: 0, out: "proc" };
  const second: BareOp = { op: "send_fd", fd: "proc", tag: 9 };
  const result = init.run([{ ops: [first] }, { ops: [second] }, { ops: [] }]);
  assert.deepEqual(
    result.reports.map(({ kind, value, link }) => ({ kind, value, link })),
    [
      { kind: "done", value: 0, link: undefined },
      { kind: "fd", value: 9, link: "/proc" },
      { kind: "done", value: 0, link: undefined },
      { kind: "done", value: 0, link: undefined },
    ],
  );
  assert.equal(result.ended, false);
  assert.deepEqual(result.statuses, [1 << 8], "init ends when the runtime is gone");
});

testInit("a failure names its op and the errno, and ends init", (init) => {
  assertFailure(init.run([{ ops: [{ op: "umask", mask: 0 }, missing] }]), 1, "ENOENT");
});

testInit("a tolerated errno goes on with the next op", (init) => {
  const ops: readonly BareOp[] = [{ ...missing, tolerate: ["EPERM", "ENOENT"] }];
  assert.equal(output(init.run([{ ops: [...ops, ...shell("echo on")] }])), "on\n");
});

testInit("an alternative runs for a tolerated errno only", (init) => {
  const otherwise = { op: "chdir", path: "/tmp", why: "" } as const;
  const found: BareOp = { op: "chdir", path: "/usr", tolerate: ["ENOENT"], otherwise };
  const pwd = shell("pwd");
  assert.equal(output(init.run([{ ops: [found, ...pwd] }])), "/usr\n");
  const lost: BareOp = { ...found, path: "/does/not/exist" };
  assert.equal(output(init.run([{ ops: [lost, ...pwd] }])), "/tmp\n");
});

testInit("a failing alternative is numbered after the ops", (init) => {
  const otherwise = { op: "chdir", path: "/etc/passwd", why: "" } as const;
  const op: BareOp = { op: "chdir", path: "/does/not/exist", tolerate: ["ENOENT"], otherwise };
  assertFailure(
    init.run([{ ops: [{ op: "umask", mask: 0 }, op, ...shell("true")] }]),
    4,
    "ENOTDIR",
  );
});

testInit("an alternative may tolerate by itself", (init) => {
  const otherwise = { op: "chdir", path: "/etc/passwd", why: "", tolerate: ["ENOTDIR"] } as const;
  const op: BareOp = { op: "chdir", path: "/does/not/exist", tolerate: ["ENOENT"], otherwise };
  assert.equal(output(init.run([{ ops: [op, ...shell("echo on")] }])), "on\n");
});

testInit("a tolerated failure leaves nothing in the slot that was to be filled", (init) => {
  const open = (path: string): BareOp => ({
    op: "open",
    dir: "cwd",
    path,
    flags: 0,
    mode: 0,
    out: "x",
  });
  const result = init.run([
    {
      ops: [
        open("/tmp"),
        { ...open("/nowhere"), tolerate: ["ENOENT"] },
        { op: "send_fd", fd: "x", tag: 0 },
      ],
    },
  ]);
  assertFailure(result, 2, "EBADF");
});

testInit("an empty slot is EBADF even where the kernel would not look at it", (init) => {
  const open = (dir: string, path: string): BareOp => ({
    op: "open",
    dir,
    path,
    flags: 0,
    mode: 0,
    out: "x",
  });
  const lost: BareOp = { ...open("cwd", "/nowhere"), tolerate: ["ENOENT"] };
  assertFailure(init.run([{ ops: [lost, open("x", "/etc/passwd")] }]), 1, "EBADF");
});

testInit("signals are default and unblocked in the user's program", (init) => {
  const text = output(init.run([{ ops: shell("grep -E 'Sig(Blk|Ign)' /proc/self/status") }]));
  assert.deepEqual(text.match(/[0-9a-f]{16}/g), Array(2).fill("0".repeat(16)));
});

testInit("nothing but stdio is open in the user's program", (init) => {
  const inputs = [{ slot: "a", path: "/etc" }];
  const ops: readonly BareOp[] = [
    { op: "open", dir: "cwd", path: "/etc/passwd", flags: 0, mode: 0, out: "b" },
    { op: "find_exec", candidates: ["/bin/ls"] },
    { op: "exec", argv: ["ls", "/proc/self/fd"], env: [] },
  ];
  // 3 is the directory that ls itself reads.
  assert.equal(output(init.run([{ inputs, ops }])), "0\n1\n2\n3\n");
});

testInit("descriptors never land on a stdio number that was closed", (init) => {
  const inputs = [
    { slot: "a", path: "/etc" },
    { slot: "b", path: "/usr" },
  ];
  const overwrite = [0, 1].map((target): BareOp => ({ op: "dup2", fd: "b", target }));
  const ops: readonly BareOp[] = [...overwrite, { op: "send_fd", fd: "a", tag: 1 }];
  assert.equal(init.run([{ inputs, ops }], { close: [0, 1] }).reports[0]?.link, "/etc");
});

testInit("a packet of the wrong length or content is refused", (init) => {
  assertFailure(init.run([{ ops: [] }], { packet: 15 }), LIMITS.wholePlan, "EPROTO");
  assertFailure(init.run([{ ops: [] }], { packet: 17 }), LIMITS.wholePlan, "EPROTO");
});

testInit("more descriptors than there are slots for are refused", (init) => {
  assertRefused(init.run([{ ops: [] }], { extra: 1 }), "inputs");
  assertRefused(init.run([{ ops: [] }], { extra: LIMITS.slots }), "inputs");
  for (const extra of [LIMITS.slots + 1, LIMITS.slots + 2, 250]) {
    assertRefused(init.run([{ ops: [] }], { extra }), "packet");
  }
});

testInit("inputs that the program does not expect are refused", (init) => {
  const bytes = broken([], (view) => view.setUint32(HEADER.inputs, 1, true));
  assertRefused(init.runBytes([bytes]), "inputs");
  const slot = broken([], (view) => {
    view.setUint32(HEADER.inputs, 1, true);
    view.setUint8(HEADER.inputSlots, LIMITS.slots);
  });
  assertRefused(init.runBytes([slot]), "inputs");
});

testInit("a plan that is cut, too long or of another version is refused", (init) => {
  const bytes = broken([missing], () => undefined);
  assertRefused(init.runBytes([new Uint8Array(0)]), "size");
  assertRefused(init.runBytes([bytes.subarray(0, HEADER.bytes - 1)]), "size");
  assertRefused(init.runBytes([bytes.subarray(0, bytes.length - 1)]), "header");
  assertRefused(init.runBytes([Uint8Array.of(...bytes, 0)]), "header");
  for (const field of [HEADER.magic, HEADER.version, HEADER.length, HEADER.ops, HEADER.pool]) {
    const other = broken([missing], (view) =>
      view.setUint32(field, view.getUint32(field, true) + 1, true),
    );
    assertRefused(init.runBytes([other]), "header");
  }
  const huge = init.runBytes([new Uint8Array(LIMITS.bytes + 1)]);
  assertFailure(huge, LIMITS.wholePlan, "EFBIG");
});

testInit("counts that overflow are refused", (init) => {
  const overflow = broken([missing], (view) => {
    view.setUint32(HEADER.ops, 0xffff_ffff, true);
    view.setUint32(HEADER.alternatives, 2, true);
  });
  assertRefused(init.runBytes([overflow]), "header");
});

testInit("a record that makes no sense is refused before the first op runs", (init) => {
  const record = (index: number): number => HEADER.bytes + index * RECORD.bytes;
  const good: BareOp = { op: "send_fd", fd: "cwd", tag: 0 };
  const cases: readonly [(typeof CHECKS)[number], BareOp, (view: DataView, at: number) => void][] =
    [
      ["opcode", missing, (view, at) => view.setUint16(at, 0, true)],
      ["opcode", missing, (view, at) => view.setUint16(at, 0xffff, true)],
      ["record", missing, (view, at) => view.setUint16(at + RECORD.flags, 2, true)],
      ["record", missing, (view, at) => view.setUint16(at + RECORD.flags, 1, true)],
      ["record", missing, (view, at) => view.setUint32(at + RECORD.otherwise, 1, true)],
      ["unused", missing, (view, at) => view.setBigUint64(at + RECORD.args + 40, 1n, true)],
      ["string", missing, (view, at) => view.setBigUint64(at + RECORD.args, 1n << 32n, true)],
      ["string", missing, (view) => view.setUint8(view.byteLength - 1, 1)],
      ["slot", good, (view, at) => view.setBigUint64(at + RECORD.args, BigInt(LIMITS.slots), true)],
      ["slot", good, (view, at) => view.setBigUint64(at + RECORD.args, 1n << 32n, true)],
      ["number", good, (view, at) => view.setBigUint64(at + RECORD.args + 8, 1n << 32n, true)],
      [
        "slot",
        { op: "open", dir: "cwd", path: "/", flags: 0, mode: 0, out: "x" },
        (view, at) => view.setBigUint64(at + RECORD.args + 32, 255n, true),
      ],
      [
        "list",
        { op: "find_exec", candidates: ["a"] },
        (view) => view.setUint32(view.byteLength - 8, 2, true),
      ],
      [
        "list",
        { op: "find_exec", candidates: ["a"] },
        (view) => view.setUint32(view.byteLength - 4, 99, true),
      ],
      [
        "bytes",
        { op: "write", fd: "cwd", data: Uint8Array.of(1) },
        (view, at) => view.setUint32(at + RECORD.args + 12, 2, true),
      ],
    ];
  for (const [check, op, change] of cases) {
    assertRefused(init.runBytes([broken([good, op], (view) => change(view, record(1)))]), check);
  }
});

testInit("an alternative with an alternative is refused", (init) => {
  const otherwise = { op: "chdir", path: "/", why: "" } as const;
  const bytes = broken([{ ...missing, tolerate: ["ENOENT"], otherwise }], (view) => {
    view.setUint16(HEADER.bytes + RECORD.bytes + RECORD.flags, 1, true);
  });
  assertRefused(init.runBytes([bytes]), "record");
});
