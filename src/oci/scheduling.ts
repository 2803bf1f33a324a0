// SPDX-License-Identifier: Apache-2.0
// process.scheduler and process.ioPriority: when a process gets a CPU, and a disk.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import {
  fieldPath,
  I32,
  readBigInteger,
  readInteger,
  readList,
  readSection,
  readText,
  type Section,
  toText,
  U64,
} from "./fields.ts";
import { IO_PRIORITY_CLASSES, SCHEDULER_FLAGS, SCHEDULER_POLICIES } from "./tables/scheduling.ts";

export interface Scheduler {
  /** As in tables/scheduling.ts; also the flags. */
  readonly policy: string;
  readonly flags: readonly string[];
  readonly nice: number;
  /** Of a real-time policy; else 0. */
  readonly priority: number;
  /** Nanoseconds, of SCHED_DEADLINE; else 0. */
  readonly runtime: bigint;
  readonly deadline: bigint;
  readonly period: bigint;
}

export interface IoPriority {
  /** As in tables/scheduling.ts. */
  readonly class: string;
  /** 0 (the highest) to 7. */
  readonly priority: number;
}

const NICE = { min: -20, max: 19 };
const REAL_TIME = ["SCHED_FIFO", "SCHED_RR"];

/** struct sched_attr with what Linux 5.3 added. */
const ATTR_BYTES = 56;
const IO_CLASS_SHIFT = 13;

/** What is wrong with values for the policy is said here as far as the kernel would not say what it is. @throws SpecError */
export function parseScheduler(process: Section): Scheduler | undefined {
  const section = readSection(process, "scheduler");
  if (section === undefined) return undefined;
  const policy = readText(section, "policy") ?? "";
  if (policy === "") {
    throw new SpecError(fieldPath(section, "policy"), "scheduler policy is required");
  }
  if (!SCHEDULER_POLICIES.has(policy)) {
    throw new SpecError(fieldPath(section, "policy"), `invalid scheduler policy: ${policy}`);
  }
  const scheduler: Scheduler = {
    policy,
    flags: readList(section, "flags", parseFlag),
    nice: readInteger(section, "nice", I32) ?? 0,
    priority: readInteger(section, "priority", I32) ?? 0,
    runtime: readBigInteger(section, "runtime", U64) ?? 0n,
    deadline: readBigInteger(section, "deadline", U64) ?? 0n,
    period: readBigInteger(section, "period", U64) ?? 0n,
  };
  checkScheduler(scheduler, section);
  return scheduler;
}

function parseFlag(value: unknown, path: string): string {
  const flag = toText(value, path);
  if (!SCHEDULER_FLAGS.has(flag)) throw new SpecError(path, `invalid scheduler flag: ${flag}`);
  return flag;
}

function checkScheduler(scheduler: Scheduler, section: Section): void {
  const { policy, nice, priority, runtime, deadline, period } = scheduler;
  const hasNice = policy === "SCHED_OTHER" || policy === "SCHED_BATCH";
  if (hasNice && (nice < NICE.min || nice > NICE.max)) {
    const problem = `invalid scheduler.nice: ${nice} when scheduler.policy is ${policy}`;
    throw new SpecError(fieldPath(section, "nice"), problem);
  }
  if (priority !== 0 && !REAL_TIME.includes(policy)) {
    const problem = "scheduler.priority can only be specified for SchedFIFO or SchedRR policy";
    throw new SpecError(fieldPath(section, "priority"), problem);
  }
  if (policy !== "SCHED_DEADLINE" && (runtime !== 0n || deadline !== 0n || period !== 0n)) {
    const problem =
      "scheduler runtime/deadline/period can only be specified for SchedDeadline policy";
    throw new SpecError(section.path, problem);
  }
}

/** @throws SpecError */
export function parseIoPriority(process: Section): IoPriority | undefined {
  const section = readSection(process, "ioPriority");
  if (section === undefined) return undefined;
  const priority = readInteger(section, "priority", I32) ?? 0;
  if (priority < 0 || priority > 7) {
    const problem = `invalid ioPriority.Priority: ${priority}`;
    throw new SpecError(fieldPath(section, "priority"), problem);
  }
  const name = readText(section, "class") ?? "";
  if (!IO_PRIORITY_CLASSES.has(name)) {
    const problem = `invalid ioPriority.Class: ${JSON.stringify(name)}`;
    throw new SpecError(fieldPath(section, "class"), problem);
  }
  return { class: name, priority };
}

/** `limitedCpus`: the container has a cpuset, which not every policy can do with. */
export function schedulerOps(scheduler: Scheduler | undefined, limitedCpus: boolean): Op[] {
  if (scheduler === undefined) return [];
  const why = "error setting scheduler";
  const conflict = "process scheduler can't be used together with AllowedCPUs";
  const whyErrno = limitedCpus ? { whyErrno: { EPERM: conflict } } : {};
  return [{ op: "set_scheduler", attr: encodeAttr(scheduler), why, ...whyErrno }];
}

function encodeAttr(scheduler: Scheduler): Uint8Array {
  const { policy, flags, nice, priority, runtime, deadline, period } = scheduler;
  const view = new DataView(new ArrayBuffer(ATTR_BYTES));
  view.setUint32(0, ATTR_BYTES, true);
  view.setUint32(4, SCHEDULER_POLICIES.get(policy) ?? 0, true);
  view.setBigUint64(8, BigInt(flags.reduce((all, flag) => all | flagBit(flag), 0)), true);
  view.setInt32(16, nice, true);
  view.setInt32(20, priority, true);
  view.setBigUint64(24, runtime, true);
  view.setBigUint64(32, deadline, true);
  view.setBigUint64(40, period, true);
  return new Uint8Array(view.buffer);
}

function flagBit(flag: string): number {
  return SCHEDULER_FLAGS.get(flag) ?? 0;
}

export function ioPriorityOps(ioPriority: IoPriority | undefined): Op[] {
  if (ioPriority === undefined) return [];
  const { class: name, priority } = ioPriority;
  const value = ((IO_PRIORITY_CLASSES.get(name) ?? 0) << IO_CLASS_SHIFT) | priority;
  return [{ op: "set_io_priority", value, why: "failed to set io priority" }];
}

/** What fork(2) would leave of it (sched(7)): a process with a deadline has no children, unless they have none. */
export function forkedScheduler(scheduler: Scheduler | undefined): Scheduler | undefined {
  const resets = scheduler?.flags.includes("SCHED_FLAG_RESET_ON_FORK") ?? false;
  return resets || scheduler?.policy === "SCHED_DEADLINE" ? undefined : scheduler;
}
