// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { identityOps, resolveCapabilities } from "./identity.ts";
import { specWith } from "./testdata/samples.ts";

const NONE = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };

const NO_SETS = resolveCapabilities(NONE, 40).sets;

test("empty capabilities are none", () => {
  assert.deepEqual(resolveCapabilities(NONE, 40).sets, {
    bounding: 0n,
    effective: 0n,
    permitted: 0n,
    inheritable: 0n,
    ambient: 0n,
  });
});

test("what this kernel does not have is left out with one warning", () => {
  const { sets, warnings } = resolveCapabilities(
    {
      ...NONE,
      bounding: ["CAP_CHOWN", "CAP_FLY"],
      effective: ["CAP_BPF", "cap_chown"],
      permitted: ["CAP_BPF"],
    },
    38,
  );
  assert.equal(sets?.bounding, 1n);
  assert.equal(sets?.effective, 0n);
  assert.deepEqual(warnings, [
    "ignoring unknown or unavailable capabilities: [CAP_BPF CAP_FLY cap_chown]",
  ]);
});

test("the highest capability has its bit", () => {
  const { sets } = resolveCapabilities({ ...NONE, bounding: ["CAP_CHECKPOINT_RESTORE"] }, 40);
  assert.equal(sets?.bounding, 1n << 40n);
});

test("only what is permitted and inheritable is raised, the rest is a warning", () => {
  const { sets, warnings } = resolveCapabilities(
    {
      ...NONE,
      permitted: ["CAP_CHOWN", "CAP_KILL"],
      inheritable: ["CAP_KILL"],
      ambient: ["CAP_CHOWN", "CAP_KILL"],
    },
    40,
  );
  assert.equal(sets?.ambient, 1n << 5n);
  assert.deepEqual(warnings, [
    "can't raise ambient capability CAP_CHOWN: it is not both permitted and inheritable",
  ]);
});

test("inheritable capabilities come from the configuration alone", () => {
  // CVE-2022-29162, CVE-2022-24769: never filled in from another set.
  const { sets } = resolveCapabilities(
    { ...NONE, permitted: ["CAP_CHOWN"], effective: ["CAP_CHOWN"] },
    40,
  );
  assert.equal(sets?.inheritable, 0n);
});

test("groups are 32-bit numbers, little endian, none being none", () => {
  const groups = (additionalGids: readonly number[]) => {
    const { process } = specWith({ process: { user: { additionalGids } } });
    return identityOps(process, NO_SETS, { stdio: [], userNamespace: undefined }).flatMap((op) =>
      op.op === "set_groups" ? [op.gids] : [],
    );
  };
  assert.deepEqual(groups([1, 0xffff_fffe]), [Uint8Array.of(1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff)]);
  assert.deepEqual(groups([]), [new Uint8Array()]);
});
