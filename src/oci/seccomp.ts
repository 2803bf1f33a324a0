// SPDX-License-Identifier: Apache-2.0
// linux.seccomp: which system calls come to what. This yields the rules; the filter is made of them by libseccomp
// (`runtime/seccomp.ts`), so a plan does not depend on a library's version: its ops name the filter by its slot.

import { SpecError } from "../base/errors.ts";
import type { Op, Slot } from "../plan/ops.ts";
import {
  fieldPath,
  readBigInteger,
  readField,
  readInteger,
  readList,
  readSection,
  readText,
  type Section,
  toSection,
  toText,
  U32,
  U64,
} from "./fields.ts";
import { parseListener, type SeccompListener } from "./seccomp-listener.ts";
import type { Process, Spec } from "./spec.ts";
import {
  ACTION_NOTIFY,
  NEW_LISTENER,
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
  SPEC_ALLOW,
  WAIT_KILLABLE_RECV,
} from "./tables/seccomp.ts";

/** A condition on one argument of a system call. */
export interface SeccompCondition {
  /** 0 to 5. */
  readonly index: number;
  /** A number of SECCOMP_OPERATORS. */
  readonly operator: number;
  /** What the argument is compared with; for MASKED_EQ the mask. */
  readonly value: bigint;
  /** For MASKED_EQ, what the masked argument is compared with. */
  readonly valueTwo: bigint;
}

/** What system calls come to when all conditions hold. */
export interface SeccompRule {
  readonly names: readonly string[];
  /** As the kernel takes it, with its data (SECCOMP_RET_*). */
  readonly action: number;
  /** At most one for each argument. */
  readonly conditions: readonly SeccompCondition[];
}

/** What a filter is made of. */
export interface SeccompProfile {
  readonly defaultAction: number;
  /** Words of SECCOMP_ARCHITECTURES; the host's own is always meant as well. */
  readonly architectures: readonly string[];
  readonly rules: readonly SeccompRule[];
}

export interface Seccomp {
  readonly profile: SeccompProfile;
  /** SECCOMP_FILTER_FLAG_* for seccomp(2). They do not change the filter. */
  readonly flags: number;
  /** Who answers for calls with SCMP_ACT_NOTIFY; undefined: there are none. */
  readonly listener: SeccompListener | undefined;
}

/** How a filter that exists is installed: all that programs have to know. */
export type SeccompUse = Pick<Seccomp, "flags" | "listener">;

/** The slot in which the runtime passes a descriptor of the filter. */
export const FILTER_SLOT: Slot = "filter";
/** The slot of a pipe that is full until the listener is with its agent. */
export const GATE_SLOT: Slot = "gate";

/** The names of an action's fields. */
interface ActionFields {
  readonly name: string;
  readonly data: string;
}

const DEFAULT_FIELDS: ActionFields = { name: "defaultAction", data: "defaultErrnoRet" };
const RULE_FIELDS: ActionFields = { name: "action", data: "errnoRet" };

const ARGUMENT = { min: 0, max: 5 };
const EPERM = 1;

/**
 * linux.seccomp; undefined: no filter. A profile without default action and rules is none. `warn` hears of what is accepted but
 * should not be written. @throws SpecError
 */
export function parseSeccomp(linux: Section, warn: (text: string) => void): Seccomp | undefined {
  const section = readSection(linux, "seccomp");
  if (section === undefined) return undefined;
  const hasAction = (readText(section, "defaultAction") ?? "") !== "";
  if (!hasAction && readList(section, "syscalls", (value) => value).length === 0) return undefined;
  const defaultAction = readAction(section, DEFAULT_FIELDS, warn);
  if (defaultAction === ACTION_NOTIFY) {
    throw unusable(section, "defaultAction", "SCMP_ACT_NOTIFY cannot be used as default action");
  }
  const rules = readList(section, "syscalls", (value, path) => parseRule(value, path, warn)).flat();
  const notifies = rules.some(({ action, names }) => action === ACTION_NOTIFY && names.length > 0);
  const flags = parseFlags(section);
  return {
    profile: { defaultAction, architectures: parseArchitectures(section), rules },
    flags: notifies ? flags | NEW_LISTENER : flags & ~WAIT_KILLABLE_RECV,
    listener: parseListener(section, notifies),
  };
}

/** Everything that makes a difference to the filter, as text: the same text, the same filter. */
export function profileText({ defaultAction, architectures, rules }: SeccompProfile): string {
  const toPlain = (_name: string, value: unknown): unknown =>
    typeof value === "bigint" ? value.toString() : value;
  return JSON.stringify([defaultAction, architectures, rules], toPlain);
}

/** What is needed of a configuration once there is a filter: it is kept as long as the container, and rules are large. */
export function withoutRules(spec: Spec): Spec {
  const { seccomp } = spec.linux;
  if (seccomp === undefined) return spec;
  const profile = { ...seccomp.profile, rules: [] };
  return { ...spec, linux: { ...spec.linux, seccomp: { ...seccomp, profile } } };
}

/** Keeps the filter for `filterOps`, while nothing can forbid to read it. */
export function loadFilterOps(seccomp: SeccompUse | undefined): readonly Op[] {
  if (seccomp === undefined) return [];
  const why = "error reading the seccomp filter";
  return [
    { op: "load_filter", filter: FILTER_SLOT, why },
    { op: "close", fd: FILTER_SLOT, why },
  ];
}

const WHY_INSTALL = "unable to init seccomp: error loading the filter";

const WHY_NOT_INSTALLED = {
  EACCES: `${WHY_INSTALL}: without noNewPrivileges it takes CAP_SYS_ADMIN`,
  EBUSY: `${WHY_INSTALL}: a filter in force has a listener already`,
  EINVAL: `${WHY_INSTALL}: the kernel has no seccomp filters or not these flags`,
  ENOMEM: `${WHY_INSTALL}: too long, together with those that are in force already`,
  ENOSYS: `${WHY_INSTALL}: the kernel has no seccomp, or a filter in force forbids another one`,
  EPERM: `${WHY_INSTALL}: a filter in force forbids another one`,
};

/**
 * Installs the filter: what follows is subject to it. With a listener, nothing follows before its agent has it: then even the
 * first call may be one that waits for an answer.
 */
export function filterOps(seccomp: SeccompUse | undefined): readonly Op[] {
  if (seccomp === undefined) return [];
  const { flags, listener } = seccomp;
  const notes = { why: WHY_INSTALL, whyErrno: WHY_NOT_INSTALLED };
  if (listener === undefined) return [{ op: "seccomp", flags, ...notes }];
  return [
    { op: "seccomp_listen", flags, gate: GATE_SLOT, ...notes },
    { op: "close", fd: GATE_SLOT, why: "" },
  ];
}

/**
 * With no_new_privs a filter needs no privilege and comes last, unless it has a listener: then it comes as early as in runc,
 * so that a missing agent fails create and not start.
 */
export function earlyFilterOps(
  { noNewPrivileges }: Pick<Process, "noNewPrivileges">,
  seccomp: SeccompUse | undefined,
): readonly Op[] {
  return noNewPrivileges && seccomp?.listener !== undefined ? filterOps(seccomp) : [];
}

/** The filter of a process with no_new_privs that comes last. */
export function lastFilterOps(
  { noNewPrivileges }: Pick<Process, "noNewPrivileges">,
  seccomp: SeccompUse | undefined,
): readonly Op[] {
  return noNewPrivileges && seccomp?.listener === undefined ? filterOps(seccomp) : [];
}

/** The inputs that `loadFilterOps` and `filterOps` need. */
export function filterInputs(seccomp: SeccompUse | undefined): readonly Slot[] {
  if (seccomp === undefined) return [];
  return seccomp.listener === undefined ? [FILTER_SLOT] : [FILTER_SLOT, GATE_SLOT];
}

/** Several conditions on one argument are alternatives: then each is a rule of its own, as in runc. */
function parseRule(
  value: unknown,
  path: string,
  warn: (text: string) => void,
): readonly SeccompRule[] {
  const section = toSection(value, path);
  const action = readAction(section, RULE_FIELDS, warn);
  const names = readList(section, "names", toText);
  if (action === ACTION_NOTIFY && names.includes("write")) {
    // By write(2) init tells that there is a listener, which nobody could answer for before.
    const problem = "SCMP_ACT_NOTIFY cannot be used for the write syscall";
    throw unusable(section, "names", problem);
  }
  const conditions = readList(section, "args", parseCondition);
  const indexes = new Set(conditions.map(({ index }) => index));
  if (indexes.size === conditions.length) return [{ names, action, conditions }];
  return conditions.map((condition) => ({ names, action, conditions: [condition] }));
}

function parseCondition(value: unknown, path: string): SeccompCondition {
  const section = toSection(value, path);
  const index = readInteger(section, "index", ARGUMENT) ?? 0;
  const word = readText(section, "op") ?? "";
  const operator = SECCOMP_OPERATORS.get(word);
  if (operator === undefined) throw unknown(section, "op", `operator "${word}"`);
  const masked = word === "SCMP_CMP_MASKED_EQ";
  const valueTwo = readBigInteger(section, "valueTwo", U64) ?? 0n;
  return {
    index,
    operator,
    value: readBigInteger(section, "value", U64) ?? 0n,
    valueTwo: masked ? valueTwo : 0n,
  };
}

/**
 * An action with its errno, or its message for a tracer; EPERM by default. The specification wants an error for a number that the
 * action can't carry, but who only changes the action of a default profile leaves the number there.
 */
function readAction(
  section: Section,
  { name, data: dataName }: ActionFields,
  warn: (text: string) => void,
): number {
  const word = readText(section, name) ?? "";
  const action = SECCOMP_ACTIONS.get(word);
  if (action === undefined) throw unknown(section, name, `action "${word}"`);
  const data = readInteger(section, dataName, U32);
  const { value, maxData } = action;
  if (maxData === undefined) {
    if (data !== undefined) {
      warn(`ignoring ${fieldPath(section, dataName)}: action "${word}" has no errno`);
    }
    return value;
  }
  if (data !== undefined && data > maxData) {
    const path = fieldPath(section, dataName);
    throw new SpecError(path, `${path} must be an integer between 0 and ${maxData}`);
  }
  return value + (data ?? EPERM);
}

function parseArchitectures(section: Section): readonly string[] {
  const words = readList(section, "architectures", (value, path) => {
    const word = toText(value, path);
    if (SECCOMP_ARCHITECTURES.includes(word)) return word;
    throw new SpecError(path, `${path}: unknown seccomp architecture "${word}"`);
  });
  return [...new Set(words)];
}

/** No list at all asks for the default, an empty one for none. */
function parseFlags(section: Section): number {
  if (readField(section, "flags") === undefined) return SPEC_ALLOW;
  let flags = 0;
  readList(section, "flags", (value, path) => {
    const word = toText(value, path);
    const flag = SECCOMP_FLAGS.get(word);
    if (flag === undefined) throw new SpecError(path, `${path}: unknown seccomp flag "${word}"`);
    flags |= flag;
  });
  return flags;
}

function unknown(section: Section, name: string, what: string): SpecError {
  return unusable(section, name, `unknown seccomp ${what}`);
}

function unusable(section: Section, name: string, problem: string): SpecError {
  const path = fieldPath(section, name);
  return new SpecError(path, `${path}: ${problem}`);
}
