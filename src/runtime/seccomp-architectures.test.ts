// SPDX-License-Identifier: Apache-2.0
// Every architecture of the specification with the host's libseccomp; newer ones are in integration/libseccomp.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Libseccomp } from "../sys/libseccomp.ts";
import { kernelKnowsSeccompFlags, kernelSeccompActions } from "../sys/seccomp.ts";
import { probeSeccomp } from "./seccomp-features.ts";
import { ARCHITECTURES, checkArchitecture } from "./testing/seccomp-architectures.ts";

const library = new Libseccomp();

for (const word of ARCHITECTURES) {
  test(`every action and every operator is right for ${word}, or it is refused by name`, () => {
    checkArchitecture(library, word);
  });
}

test("what is told of seccomp is what this host has", () => {
  const features = probeSeccomp();
  assert.ok(features);
  assert.equal(features.libseccomp, library.version);
  const { archs, actions, supportedFlags } = features;
  assert.ok(archs.includes("SCMP_ARCH_X86_64") && archs.includes("SCMP_ARCH_AARCH64"));
  const [, minor = 0] = library.version.split(".").map(Number);
  assert.equal(archs.includes("SCMP_ARCH_LOONGARCH64"), minor >= 6);
  assert.equal(actions.includes("SCMP_ACT_NOTIFY"), kernelSeccompActions().includes("user_notif"));
  for (const word of [
    "KILL",
    "KILL_THREAD",
    "KILL_PROCESS",
    "TRAP",
    "ERRNO",
    "TRACE",
    "LOG",
    "ALLOW",
  ]) {
    assert.ok(actions.includes(`SCMP_ACT_${word}`), word);
  }
  for (const word of ["TSYNC", "LOG", "SPEC_ALLOW"]) {
    assert.ok(supportedFlags.includes(`SECCOMP_FILTER_FLAG_${word}`), word);
  }
  const waits = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";
  assert.equal(supportedFlags.includes(waits), kernelKnowsSeccompFlags(8 | 32));
});

test("to ask the kernel for flags installs nothing", () => {
  assert.equal(kernelKnowsSeccompFlags(2 | 4 | 8), true);
  assert.equal(kernelKnowsSeccompFlags(1 << 30), false);
  assert.equal(kernelKnowsSeccompFlags(32), false, "a flag that is for listeners only");
});
