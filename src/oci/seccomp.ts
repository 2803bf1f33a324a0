// SPDX-License-Identifier: Apache-2.0
// linux.seccomp: which system calls come to what. This yields the rules; the filter is made of them by libseccomp
// (`runtime/seccomp.ts`), so a plan does not depend on a library's version: its ops name the filter by its slot.

import { SpecError } from "../base/errors.ts";
import type { Op, Slot } from "../plan/ops.ts";
import {
  asksFor,
  fieldPath,
  notSupported,
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
import type { Spec } from "./spec.ts";
import {
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
  SPEC_ALLOW,
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
}

/** How a filter that exists is installed: all that programs have to know. */
export type SeccompUse = Pick<Seccomp, "flags">;

/** The slot in which the runtime passes a descriptor of the filter. */
export const FILTER_SLOT: Slot = "filter";

const ARGUMENT = { min: 0, max: 5 };
const EPERM = 1;
const UNSUPPORTED = ["listenerPath", "listenerMetadata"];

/** linux.seccomp; undefined: no filter. A profile without default action and rules is none. @throws SpecError */
export function parseSeccomp(linux: Section): Seccomp | undefined {
  const section = readSection(linux, "seccomp");
  if (section === undefined) return undefined;
  if (!asksFor(section, "defaultAction") && !asksFor(section, "syscalls")) return undefined;
  for (const name of UNSUPPORTED) {
    if (asksFor(section, name)) throw notSupported(fieldPath(section, name));
  }
  const defaultAction = readAction(section, "defaultAction", "defaultErrnoRet");
  const rules = readList(section, "syscalls", parseRule).flat();
  return {
    profile: { defaultAction, architectures: parseArchitectures(section), rules },
    flags: parseFlags(section),
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

/** Installs the filter: what follows is subject to it. */
export function filterOps(seccomp: SeccompUse | undefined): readonly Op[] {
  if (seccomp === undefined) return [];
  const why = "unable to init seccomp: error loading the filter";
  return [
    {
      op: "seccomp",
      flags: seccomp.flags,
      why,
      whyErrno: {
        EACCES: `${why}: without noNewPrivileges it takes CAP_SYS_ADMIN`,
        EINVAL: `${why}: the kernel has no seccomp filters or not these flags`,
        ENOMEM: `${why}: too long, together with those that are in force already`,
        ENOSYS: `${why}: the kernel has no seccomp, or a filter in force forbids another one`,
        EPERM: `${why}: a filter in force forbids another one`,
      },
    },
  ];
}

/** The inputs that `loadFilterOps` needs. */
export function filterInputs(seccomp: SeccompUse | undefined): readonly Slot[] {
  return seccomp === undefined ? [] : [FILTER_SLOT];
}

/** Several conditions on one argument are alternatives: then each is a rule of its own, as in runc. */
function parseRule(value: unknown, path: string): readonly SeccompRule[] {
  const section = toSection(value, path);
  const action = readAction(section, "action", "errnoRet");
  const names = readList(section, "names", toText);
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

/** An action with its errno, or its message for a tracer; EPERM by default. */
function readAction(section: Section, name: string, dataName: string): number {
  const word = readText(section, name) ?? "";
  if (word === "SCMP_ACT_NOTIFY") throw notSupported(fieldPath(section, name), `action "${word}"`);
  const action = SECCOMP_ACTIONS.get(word);
  if (action === undefined) throw unknown(section, name, `action "${word}"`);
  const data = readInteger(section, dataName, U32);
  const { value, maxData } = action;
  if (maxData === undefined) {
    if (data === undefined) return value;
    const path = fieldPath(section, dataName);
    throw new SpecError(path, `${path}: action "${word}" has no errno`);
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
  const path = fieldPath(section, name);
  return new SpecError(path, `${path}: unknown seccomp ${what}`);
}
