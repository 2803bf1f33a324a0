// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFeatures, type SeccompFeatures } from "./features.ts";
import { SECCOMP_ACTIONS, SECCOMP_ARCHITECTURES } from "./tables/seccomp.ts";
import { specWith } from "./testdata/samples.ts";

test("every mount option that is promised is accepted", () => {
  const { mountOptions } = describeFeatures();
  assert.ok(Array.isArray(mountOptions) && mountOptions.includes("rbind"));
  for (const word of mountOptions) {
    specWith({ mounts: [{ destination: "/x", type: "tmpfs", source: "t", options: [word] }] });
  }
  // What the reference lists: CRI and the kubelet decide by "rro" whether a volume can be read-only as a whole.
  for (const word of ["rro", "rnosymfollow", "tmpcopyup", "remount", "iversion", "defaults"]) {
    assert.ok(mountOptions.includes(word), word);
  }
  for (const word of ["idmap", "ridmap"]) assert.ok(!mountOptions.includes(word), word);
});

const SECCOMP: SeccompFeatures = {
  actions: [...SECCOMP_ACTIONS.keys()],
  archs: SECCOMP_ARCHITECTURES,
  supportedFlags: ["SECCOMP_FILTER_FLAG_LOG"],
  libseccomp: "2.5.4",
};

test("every word of seccomp that is promised is accepted", () => {
  const { linux, annotations } = describeFeatures(SECCOMP) as {
    linux: { seccomp: Record<string, readonly string[]> };
    annotations: unknown;
  };
  const { actions = [], operators = [], archs = [], knownFlags = [] } = linux.seccomp;
  const syscalls = actions.flatMap((action) =>
    operators.map((op) => ({ names: ["read"], action, args: [{ index: 0, op }] })),
  );
  const seccomp = {
    defaultAction: "SCMP_ACT_LOG",
    listenerPath: "/run/agent",
    architectures: archs,
    flags: knownFlags,
  };
  const spec = specWith({ linux: { seccomp: { ...seccomp, syscalls } } });
  assert.equal(actions.length, 9);
  assert.equal(operators.length, 7);
  assert.equal(spec.linux.seccomp?.profile.rules.length, actions.length * operators.length);
  assert.equal(spec.linux.seccomp?.profile.architectures.length, archs.length);
  assert.deepEqual(linux.seccomp["supportedFlags"], ["SECCOMP_FILTER_FLAG_LOG"]);
  assert.deepEqual(annotations, { "io.github.seccomp.libseccomp.version": "2.5.4" });
});

test("without seccomp none is promised", () => {
  assert.partialDeepStrictEqual(describeFeatures(), {
    linux: { seccomp: { enabled: false } },
    annotations: {},
  });
  const { linux } = describeFeatures() as { linux: { seccomp: object } };
  assert.deepEqual(Object.keys(linux.seccomp), ["enabled"]);
});

test("what is enabled does not depend on the host", () => {
  const on = { enabled: true };
  assert.partialDeepStrictEqual(describeFeatures(), {
    linux: { apparmor: on, selinux: on, intelRdt: on, netDevices: on },
  });
});

test("every namespace that is promised is accepted", () => {
  const { linux } = describeFeatures() as { linux: { namespaces: readonly string[] } };
  const namespaces = linux.namespaces.map((type) => ({ type }));
  const ids = [{ containerID: 0, hostID: 1, size: 1 }];
  const spec = specWith({ linux: { namespaces, uidMappings: ids, gidMappings: ids } });
  assert.equal(spec.linux.namespaces.length, 8);
});

test("every kind of hook that is promised is read", () => {
  const { hooks } = describeFeatures() as { hooks: readonly string[] };
  assert.equal(hooks.length, 6);
  const { hooks: read } = specWith({
    hooks: Object.fromEntries(hooks.map((kind) => [kind, [{ path: "/x" }]])),
  });
  assert.deepEqual(Object.keys(read), hooks);
  for (const list of Object.values(read)) assert.equal(list.length, 1);
});

test("every memory policy that is promised is accepted", () => {
  const { linux } = describeFeatures() as {
    linux: { memoryPolicy: Record<"modes" | "flags", readonly string[]> };
  };
  const { modes, flags } = linux.memoryPolicy;
  assert.equal(modes.length, 7);
  for (const mode of modes) {
    const nodes = mode === "MPOL_DEFAULT" || mode === "MPOL_LOCAL" ? "" : "0";
    const spec = specWith({ linux: { memoryPolicy: { mode, nodes, flags } } });
    assert.deepEqual(spec.linux.memoryPolicy?.flags, flags);
  }
});
