// SPDX-License-Identifier: Apache-2.0
// What no single section can know: rules between them. An array of checks, run in order; the first that fails speaks.

import { SpecError } from "../base/errors.ts";
import { notSupported } from "./fields.ts";
import { hasNamespace } from "./namespaces.ts";
import type { Spec } from "./spec.ts";

type Check = (spec: Spec) => void;

const CHECKS: readonly Check[] = [
  function hostnameIsOwn({ hostname, linux }) {
    if (hostname !== undefined && !hasNamespace(linux.namespaces, "uts")) {
      throw new SpecError("hostname", "unable to set hostname without a private UTS namespace");
    }
  },

  function domainnameIsOwn({ domainname, linux }) {
    if (domainname !== undefined && !hasNamespace(linux.namespaces, "uts")) {
      throw new SpecError("domainname", "unable to set domainname without a private UTS namespace");
    }
  },

  function restrictionsAreOwn({ root, linux }) {
    if (hasNamespace(linux.namespaces, "mount")) return;
    const restricts = linux.maskedPaths.length > 0 || linux.readonlyPaths.length > 0;
    if (!restricts && !root.readonly) return;
    const problem = "unable to restrict sys entries without a private MNT namespace";
    throw new SpecError("linux.namespaces", problem);
  },

  // Its mounts would be the host's.
  function mountsAreOwn({ linux }) {
    if (hasNamespace(linux.namespaces, "mount")) return;
    throw notSupported("linux.namespaces", "a container without a mount namespace");
  },
];

/** Applies every rule. @throws SpecError */
export function validate(spec: Spec): void {
  for (const check of CHECKS) check(spec);
}
