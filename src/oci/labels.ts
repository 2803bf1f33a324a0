// SPDX-License-Identifier: Apache-2.0
// What AppArmor and SELinux are told of a process and of its mounts. A label that is asked for and cannot be had is refused:
// the program would run unconfined. Labels of processes are written through a procfs that is mounted nowhere
// (CVE-2019-16884, CVE-2025-52881); they count from the next execve.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import type { HostFacts } from "./compiled.ts";
import { openMountedOp } from "./mount-target.ts";
import type { Mount, Process } from "./spec.ts";

/** The security modules of the kernel that labels are for. */
export type SecurityModule = "apparmor" | "selinux";

/** The labels of a process. */
export type ProcessLabels = Pick<Process, "apparmorProfile" | "selinuxLabel">;

/** Filesystems that take no label when they are mounted; mqueue gets its own afterwards. */
const UNLABELLED: readonly string[] = ["proc", "sysfs", "mqueue"];

/** What AppArmor has for processes that it leaves alone, as they are where there is no AppArmor. */
const UNCONFINED = "unconfined";

const NO_SELINUX = "selinux label is specified in config, but selinux is disabled or not supported";

/** The labels of a process, those of its container where it has none of its own. */
export function processLabels(process: ProcessLabels, container?: ProcessLabels): ProcessLabels {
  return {
    apparmorProfile: process.apparmorProfile ?? container?.apparmorProfile,
    selinuxLabel: process.selinuxLabel ?? container?.selinuxLabel,
  };
}

/** Refuses labels that the kernel of this host has no use for. @throws SpecError */
export function checkProcessLabels(labels: ProcessLabels, facts: HostFacts): void {
  const { apparmorProfile, selinuxLabel } = labels;
  if (selinuxLabel !== undefined && !has(facts, "selinux")) {
    throw new SpecError("process.selinuxLabel", NO_SELINUX);
  }
  const confined = apparmorProfile !== undefined && apparmorProfile !== UNCONFINED;
  if (confined && !has(facts, "apparmor")) {
    const problem = "apparmor: config provided but apparmor not supported";
    throw new SpecError(
      "process.apparmorProfile",
      `unable to apply apparmor profile "${apparmorProfile}": ${problem}`,
    );
  }
}

/** Likewise for linux.mountLabel. @throws SpecError */
export function checkMountLabel(label: string | undefined, facts: HostFacts): void {
  if (label !== undefined && !has(facts, "selinux")) {
    throw new SpecError("linux.mountLabel", NO_SELINUX);
  }
}

function has(facts: HostFacts, module: SecurityModule): boolean {
  return facts.securityModules?.includes(module) === true;
}

/** The profile that the program will have. */
export function apparmorOps({ apparmorProfile }: ProcessLabels, facts: HostFacts): readonly Op[] {
  if (apparmorProfile === undefined || !has(facts, "apparmor")) return [];
  const why = `unable to apply apparmor profile: apparmor failed to apply profile "${apparmorProfile}"`;
  const write = writeOp(why, "attr/apparmor/exec", `exec ${apparmorProfile}`);
  // Before Linux 5.8 security modules share one file.
  const otherwise: Op = { ...write, path: "attr/exec" };
  return withSelf(why, [{ ...write, tolerate: ["ENOENT"], otherwise }]);
}

/** The label that the program will have. */
export function selinuxOps({ selinuxLabel }: ProcessLabels): readonly Op[] {
  if (selinuxLabel === undefined) return [];
  const why = "can't set process label";
  return withSelf(why, [writeOp(why, "attr/exec", selinuxLabel)]);
}

/** What `ops` make of keys belongs to the container. */
export function keyLabelOps({ selinuxLabel }: ProcessLabels, ops: readonly Op[]): readonly Op[] {
  if (selinuxLabel === undefined) return ops;
  const why = "can't set the label of keys";
  const write = (label: string): Op => ({
    ...writeOp(why, "attr/keycreate", label),
    // A kernel whose keys have no labels.
    tolerate: ["ENOENT"],
  });
  return withSelf(why, [write(selinuxLabel), ...ops, write("")]);
}

function writeOp(why: string, path: string, text: string): Op & { readonly op: "write_proc" } {
  const notProcfs = `${why}: /proc/self/${path} is no file of a procfs`;
  const data = new TextEncoder().encode(text);
  return { op: "write_proc", dir: "self", path, data, why, whyErrno: { EXDEV: notProcfs } };
}

/** Nobody's directory in /proc is held for longer than needed. */
function withSelf(why: string, ops: readonly Op[]): readonly Op[] {
  return [
    { op: "proc_self", proc: "proc", out: "self", why },
    ...ops,
    { op: "close", fd: "self", why: "" },
  ];
}

/** The option that gives a new filesystem of this type the label of the container's mounts. */
export function mountLabelOptions(label: string | undefined, type: string): readonly string[] {
  return label === undefined || UNLABELLED.includes(type) ? [] : [`context=${label}`];
}

/** The label of a filesystem that takes none when it is mounted. */
export function relabelOps(label: string | undefined, mount: Mount): readonly Op[] {
  if (label === undefined || mount.isBind || mount.type !== "mqueue") return [];
  const why = `can't label "${mount.destination}"`;
  const value = new TextEncoder().encode(label);
  return [
    openMountedOp(mount),
    { op: "set_xattr", fd: "target", name: "security.selinux", value, why },
  ];
}
