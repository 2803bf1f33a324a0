// SPDX-License-Identifier: Apache-2.0
// linux.sysctl: kernel parameters of the container's namespaces. /proc/sys as a whole is the host's, so only what belongs to
// a namespace that the container has to itself may be set.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { fieldPath, readSection, type Section, toText } from "./fields.ts";
import { hasNamespace } from "./namespaces.ts";
import type { Linux, NamespaceType } from "./spec.ts";
import { O } from "./tables/kernel.ts";

/** Of an ipc namespace, with everything below fs.mqueue. */
const IPC: ReadonlySet<string> = new Set([
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);

/** One entry of linux.sysctl. */
export interface Sysctl {
  /** As in config.json. */
  readonly name: string;
  /** Below /proc/sys, relative and clean. */
  readonly path: string;
  readonly value: string;
}

/** linux.sysctl, in the order of the document. */
export function parseSysctls(linux: Section): readonly Sysctl[] {
  const section = readSection(linux, "sysctl");
  if (section === undefined) return [];
  return Object.entries(section.fields).map(([name, value]: [string, unknown]) => {
    const field = `${fieldPath(linux, "sysctl")}["${name}"]`;
    return { name, path: toPath(name, field), value: toText(value, field) };
  });
}

/**
 * Names are paths below /proc/sys. Where the first separator is a dot, dots and slashes have changed places, so that names of
 * network interfaces may have dots: `net.ipv4.conf.eth0/100.forwarding` is `net/ipv4/conf/eth0.100/forwarding`.
 */
function toPath(name: string, field: string): string {
  const path = /^[^./]*\./.test(name) ? swapSeparators(name) : name;
  const invalid = path.split("/").some((part) => part === "" || part === "." || part === "..");
  if (!invalid && !path.includes("\0")) return path;
  throw new SpecError(field, `invalid sysctl name ${JSON.stringify(name)}`);
}

function swapSeparators(text: string): string {
  return text.replaceAll(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}

/**
 * Refuses parameters that are not the container's own. `shared` are the types of joined namespaces that turned out to be the
 * runtime's own. @throws SpecError
 */
export function checkSysctls(
  { sysctl, namespaces }: Pick<Linux, "sysctl" | "namespaces">,
  shared: readonly NamespaceType[],
): void {
  const isOwn = (type: NamespaceType): boolean =>
    hasNamespace(namespaces, type) && !shared.includes(type);
  for (const { name, path } of sysctl) {
    const problem = problemOf(swapSeparators(path), isOwn);
    if (problem !== undefined) throw new SpecError(`linux.sysctl["${name}"]`, problem);
  }
}

/** `name` in its form with dots. */
function problemOf(name: string, isOwn: (type: NamespaceType) => boolean): string | undefined {
  if (IPC.has(name) || name.startsWith("fs.mqueue.")) {
    return isOwn("ipc") ? undefined : `sysctl "${name}" is not allowed in the hosts ipc namespace`;
  }
  if (name.startsWith("net.")) {
    return isOwn("network") ? undefined : `sysctl "${name}" not allowed in host network namespace`;
  }
  if (name.startsWith("user.")) {
    return isOwn("user")
      ? undefined
      : `setting ucounts without a user namespace not allowed: ${name}`;
  }
  if (isOwn("uts")) {
    // There is no field for it in every version of the specification.
    if (name === "kernel.domainname") return undefined;
    if (name === "kernel.hostname") {
      return `sysctl "${name}" is not allowed as it conflicts with the OCI "hostname" field`;
    }
  }
  return `sysctl "${name}" is not in a separate kernel namespace`;
}

/**
 * A handle for `writeSysctlOps`, to be opened while the host's mounts are still there: in a user namespace a whole procfs can
 * only be mounted by who sees one, or not at all where the pid namespace is another's; then that of the host serves, for what
 * is in /proc/sys depends on who looks.
 */
export function openSysctlOps({ sysctl }: Linux): readonly Op[] {
  if (sysctl.length === 0) return [];
  const why = "error opening a procfs for sysctls";
  return [
    {
      op: "procfs_full",
      out: "sysctl",
      why,
      tolerate: ["EPERM"],
      otherwise: {
        op: "open",
        dir: "cwd",
        path: "/proc",
        flags: O.PATH,
        mode: 0,
        out: "sysctl",
        why,
      },
    },
  ];
}

/** Through a handle of a procfs that no program of the container can have changed (CVE-2025-52881). */
export function writeSysctlOps({ sysctl }: Linux): readonly Op[] {
  if (sysctl.length === 0) return [];
  return [
    ...sysctl.map(({ name, path, value }): Op => {
      const why = `write sysctl key ${name}`;
      return {
        op: "write_proc",
        dir: "sysctl",
        path: `sys/${path}`,
        data: new TextEncoder().encode(value),
        why,
        whyErrno: { EXDEV: `${why}: /proc/sys/${path} is no file of a procfs` },
      };
    }),
    { op: "close", fd: "sysctl", why: "" },
  ];
}
