// SPDX-License-Identifier: Apache-2.0
// What no single section can know: rules between them. An array of checks, run in order; the first that fails speaks.

import { SpecError } from "../base/errors.ts";
import { notSupported } from "./fields.ts";
import { hasNamespace, isNewNamespace } from "./namespaces.ts";
import { checkNetDevices } from "./net-devices.ts";
import type { Spec } from "./spec.ts";
import { checkSysctls } from "./sysctl.ts";
import { checkRootIsMapped } from "./user-namespace.ts";

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

  function userNamespaceHasMappings({ linux }) {
    const mapped = linux.uidMappings.length > 0 || linux.gidMappings.length > 0;
    if (!hasNamespace(linux.namespaces, "user")) {
      if (!mapped) return;
      const problem =
        "user namespace mappings specified, but user namespace isn't enabled in the config";
      throw new SpecError("linux.uidMappings", problem);
    }
    if (!isNewNamespace(linux.namespaces, "user")) return;
    if (mapped) {
      checkRootIsMapped("uid", linux.uidMappings);
      checkRootIsMapped("gid", linux.gidMappings);
      return;
    }
    const problem =
      "user namespaces enabled, but no namespace path to join nor mappings to apply specified";
    throw new SpecError("linux.namespaces", problem);
  },

  // Without a user namespace there is nothing that such a mount could take its mappings from.
  function idMapsHaveMappings({ mounts, linux }) {
    if (hasNamespace(linux.namespaces, "user")) return;
    const mount = mounts.find(({ idMap }) => idMap !== undefined && idMap.mappings === undefined);
    if (mount === undefined) return;
    const problem = "id-mapped mounts must have both uid and gid mappings specified";
    throw new SpecError(mount.path, `invalid mount ${mount.path}: ${problem}`);
  },

  function timeOffsetsAreOwn({ linux }) {
    if (linux.timeOffsets.length === 0 || isNewNamespace(linux.namespaces, "time")) return;
    const problem = hasNamespace(linux.namespaces, "time")
      ? "time namespace enabled, but both namespace path and time offsets specified -- you may only provide one"
      : "time namespace offsets specified, but time namespace isn't enabled in the config";
    throw new SpecError("linux.timeOffsets", problem);
  },

  function sysctlsAreOwn({ linux }) {
    checkSysctls(linux, []);
  },

  function netDevicesMove({ linux }) {
    checkNetDevices(linux, []);
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
