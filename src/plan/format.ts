// SPDX-License-Identifier: Apache-2.0
// A program as text, one op a line: what `tsrunc plan` prints and golden plans keep. Two programs with the same text do the
// same.

import {
  CAPABILITIES,
  CLONE_FLAGS,
  type FlagNames,
  IO_PRIORITY_CLASSES,
  MEMORY_POLICIES,
  MEMORY_POLICY_FLAGS,
  MOUNT_ATTRS,
  MOUNT_FLAGS,
  OPEN_FLAGS,
  PERSONALITIES,
  PROPAGATION,
  RESOLVE_FLAGS,
  SCHEDULER_FLAGS,
  SCHEDULER_POLICIES,
  SECCOMP_FLAGS,
} from "./flag-names.ts";
import { argOf, argsOf } from "./layout.ts";
import type { ArgKind, Op, Program } from "./ops.ts";

/** Arguments that are file modes. */
const OCTAL: ReadonlySet<string> = new Set([
  "open.mode",
  "mkdir_all.mode",
  "make_file.mode",
  "mknod.mode",
  "bind_device.mode",
  "umask.mask",
]);

/** Which bits an argument holds. */
const FLAGS: Readonly<Record<string, FlagNames>> = {
  "open.flags": OPEN_FLAGS,
  "resolve.flags": OPEN_FLAGS,
  "reopen.flags": OPEN_FLAGS,
  "resolve.resolve": RESOLVE_FLAGS,
  "setns.nstype": CLONE_FLAGS,
  "unshare.flags": CLONE_FLAGS,
  "clone.flags": CLONE_FLAGS,
  "set_propagation.propagation": PROPAGATION,
  "bind.propagation": PROPAGATION,
  "bind.set": MOUNT_ATTRS,
  "bind.clear": MOUNT_ATTRS,
  "attach.propagation": PROPAGATION,
  "attach.set": MOUNT_ATTRS,
  "attach.clear": MOUNT_ATTRS,
  "mount_fs.attributes": MOUNT_ATTRS,
  "make_fs.attributes": MOUNT_ATTRS,
  "make_fs_like.attributes": MOUNT_ATTRS,
  "mount.flags": MOUNT_FLAGS,
  "mount_attr.set": MOUNT_ATTRS,
  "mount_attr.clear": MOUNT_ATTRS,
  "drop_bounding.keep": CAPABILITIES,
  "set_caps.effective": CAPABILITIES,
  "set_caps.permitted": CAPABILITIES,
  "set_caps.inheritable": CAPABILITIES,
  "set_ambient.mask": CAPABILITIES,
  "set_personality.persona": PERSONALITIES,
  "seccomp.flags": SECCOMP_FLAGS,
  "seccomp_listen.flags": SECCOMP_FLAGS,
};

/** Arguments that are numbers with a meaning of their own. */
const MEANINGS: Readonly<Record<string, (value: number) => string>> = {
  "set_io_priority.value": formatIoPriority,
  "set_memory_policy.mode": formatMemoryPolicy,
};

/** struct sched_attr as it is since Linux 5.3. */
const SCHED_ATTR_BYTES = 56;

/** All of a program; ends with a newline. */
export function formatProgram(program: Program): string {
  const inputs = program.inputs.length === 0 ? "" : `inputs ${program.inputs.join(" ")}\n`;
  return inputs + program.ops.map((op) => `${formatOp(op)}\n`).join("");
}

/** One op with what it tolerates and its alternative, without a newline. */
function formatOp(op: Op): string {
  const args = argsOf(op.op).map(
    ([name, kind]) => ` ${name}=${formatArgument(op, name, kind, argOf(op, name))}`,
  );
  const tolerate = op.tolerate?.length ? ` tolerate ${op.tolerate.join(",")}` : "";
  const otherwise = op.otherwise ? ` otherwise ${formatOp(op.otherwise)}` : "";
  return op.op + args.join("") + tolerate + otherwise;
}

function formatArgument(op: Op, name: string, kind: ArgKind, value: unknown): string {
  if (value instanceof Uint8Array) return formatBytes(op, value);
  if (typeof value === "number" || typeof value === "bigint") return formatNumber(op, name, value);
  return kind === "str" || kind === "strs" ? JSON.stringify(value) : String(value);
}

/** Text as it is, what is known of its op as what it is, anything else in hexadecimal. */
function formatBytes(op: Op, bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (op.op === "set_groups" && bytes.length % 4 === 0) return formatGroups(view);
  if (op.op === "set_affinity" || op.op === "set_memory_policy") return formatBits(bytes);
  if (op.op === "set_scheduler" && bytes.length === SCHED_ATTR_BYTES) return formatScheduler(view);
  const text = new TextDecoder().decode(bytes);
  return /^[\t\n\x20-\x7e]*$/.test(text)
    ? JSON.stringify(text)
    : `0x${Buffer.from(bytes).toString("hex")}`;
}

function formatGroups(view: DataView): string {
  const count = view.byteLength / 4;
  return JSON.stringify(
    Array.from({ length: count }, (_, index) => view.getUint32(4 * index, true)),
  );
}

/** The numbers of the bits that are set, one by one. */
function formatBits(bytes: Uint8Array): string {
  const numbers = Array.from(bytes).flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => 8 * index + bit),
  );
  return JSON.stringify(numbers);
}

/** struct sched_attr. */
function formatScheduler(view: DataView): string {
  const fields = {
    policy: nameAt(SCHEDULER_POLICIES, view.getUint32(4, true)),
    flags: formatFlags(view.getBigUint64(8, true), SCHEDULER_FLAGS),
    nice: view.getInt32(16, true),
    priority: view.getInt32(20, true),
    runtime: view.getBigUint64(24, true),
    deadline: view.getBigUint64(32, true),
    period: view.getBigUint64(40, true),
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}:${value}`)
    .join(",");
}

function nameAt(names: readonly string[], index: number): string {
  return names[index] ?? index.toString();
}

/** class:level, as linux/ioprio.h packs them. */
function formatIoPriority(value: number): string {
  return `${nameAt(IO_PRIORITY_CLASSES, value >> 13)}:${value & 0x1fff}`;
}

/** A mode and its flags, as linux/mempolicy.h packs them. */
function formatMemoryPolicy(value: number): string {
  const flags = value & 0xe000;
  const mode = nameAt(MEMORY_POLICIES, value & ~0xe000);
  return flags === 0 ? mode : `${mode}|${formatFlags(BigInt(flags), MEMORY_POLICY_FLAGS)}`;
}

function formatNumber(op: Op, name: string, value: number | bigint): string {
  const key = `${op.op}.${name}`;
  const meaning = MEANINGS[key];
  if (meaning !== undefined) return meaning(Number(value));
  if (OCTAL.has(key)) return value === 0 ? "0" : `0${value.toString(8)}`;
  const names = FLAGS[key];
  if (names !== undefined) return formatFlags(BigInt(value), names);
  if (name === "device") return formatDevice(BigInt(value));
  return value === 0xffff_ffff ? "-1" : value.toString();
}

/** Names joined by "|"; bits without a name in hexadecimal; 0 for none. */
function formatFlags(value: bigint, names: FlagNames): string {
  const parts: string[] = [];
  let rest = value;
  for (const [name, bits] of names) {
    if ((rest & bits) !== bits) continue;
    parts.push(name);
    rest &= ~bits;
  }
  if (rest !== 0n || parts.length === 0) parts.push(rest === 0n ? "0" : `0x${rest.toString(16)}`);
  return parts.join("|");
}

/** major:minor of a device number as the kernel encodes it (makedev(3)). */
function formatDevice(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffff_ff00n);
  return `${major}:${minor}`;
}
