// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFeatures } from "./features.ts";
import { specWith } from "./testdata/samples.ts";

test("every mount option that is promised is accepted", () => {
  const { mountOptions } = describeFeatures();
  assert.ok(Array.isArray(mountOptions) && mountOptions.includes("rbind"));
  for (const word of mountOptions) {
    specWith({ mounts: [{ destination: "/x", type: "tmpfs", source: "t", options: [word] }] });
  }
  for (const word of ["rro", "idmap", "tmpcopyup"]) assert.ok(!mountOptions.includes(word), word);
});

test("every namespace that is promised is accepted", () => {
  const { linux } = describeFeatures() as { linux: { namespaces: readonly string[] } };
  const namespaces = linux.namespaces.map((type) => ({ type }));
  assert.equal(specWith({ linux: { namespaces } }).linux.namespaces.length, 6);
});
