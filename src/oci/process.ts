// SPDX-License-Identifier: Apache-2.0
// The process section, of config.json and of an exec.

import type { Gid, Uid } from "../base/brand.ts";
import { SpecError } from "../base/errors.ts";
import { parseCpuAffinity } from "./affinity.ts";
import {
  fieldPath,
  readBigInteger,
  readBoolean,
  readInteger,
  readList,
  readSection,
  readText,
  required,
  type Section,
  toArgument,
  toInteger,
  toSection,
  toText,
  U64,
} from "./fields.ts";
import { isAbsolute } from "./path.ts";
import { parseIoPriority, parseScheduler } from "./scheduling.ts";
import type { Capabilities, Process, Rlimit, User } from "./spec.ts";
import { RLIMITS } from "./tables/rlimits.ts";

/** 2^32-1 means "leave it" to the kernel and is nobody's id. */
const ID = { min: 0, max: 0xffff_fffe };
const UMASK = { min: 0, max: 0o777 };
const OOM_SCORE = { min: -1000, max: 1000 };
/** struct winsize has 16 bits for each. */
const CONSOLE = { min: 0, max: 0xffff };

/** A process document; `path` is where it stands ("process"). @throws SpecError */
export function parseProcess(json: unknown, path: string): Process {
  if (json === undefined || json === null) {
    throw new SpecError(path, "process property must not be empty");
  }
  const process = toSection(json, path);
  const cwd = parseCwd(process);
  const args = readList(process, "args", toArgument);
  if (args.length === 0) throw new SpecError(fieldPath(process, "args"), "args must not be empty");
  return {
    terminal: readBoolean(process, "terminal"),
    consoleSize: parseConsoleSize(process),
    user: parseUser(process),
    args,
    env: parseEnv(process),
    cwd,
    capabilities: parseCapabilities(process),
    rlimits: parseRlimits(process),
    noNewPrivileges: readBoolean(process, "noNewPrivileges"),
    apparmorProfile: readText(process, "apparmorProfile") || undefined,
    selinuxLabel: readText(process, "selinuxLabel") || undefined,
    oomScoreAdj: readInteger(process, "oomScoreAdj", OOM_SCORE),
    scheduler: parseScheduler(process),
    ioPriority: parseIoPriority(process),
    execCPUAffinity: parseCpuAffinity(process),
  };
}

function parseCwd(process: Section): string {
  const path = fieldPath(process, "cwd");
  const cwd = readText(process, "cwd") ?? "";
  if (cwd === "") throw new SpecError(path, "Cwd property must not be empty");
  if (!isAbsolute(cwd)) throw new SpecError(path, "Cwd must be an absolute path");
  return cwd;
}

function parseConsoleSize(process: Section): Process["consoleSize"] {
  const section = readSection(process, "consoleSize");
  if (section === undefined) return undefined;
  const rows = readInteger(section, "height", CONSOLE) ?? 0;
  const columns = readInteger(section, "width", CONSOLE) ?? 0;
  return rows === 0 || columns === 0 ? undefined : { rows, columns };
}

function parseUser(process: Section): User {
  const section = readSection(process, "user") ?? {
    path: fieldPath(process, "user"),
    fields: {},
  };
  return {
    uid: (readInteger(section, "uid", ID) ?? 0) as Uid,
    gid: (readInteger(section, "gid", ID) ?? 0) as Gid,
    umask: readInteger(section, "umask", UMASK),
    additionalGids: readList(
      section,
      "additionalGids",
      (gid, path) => toInteger(gid, path, ID) as Gid,
    ),
  };
}

/** Of a name that is there more than once the last value counts, at the place of the last. */
function parseEnv(process: Section): readonly string[] {
  const entries = readList(process, "env", parseVariable);
  const last = new Map(entries.map(({ name }, index) => [name, index]));
  return entries.filter(({ name }, index) => last.get(name) === index).map(({ text }) => text);
}

/** The text of one that is wrong is in no message: it may be a secret. */
function parseVariable(
  value: unknown,
  path: string,
): { readonly name: string; readonly text: string } {
  if (typeof value !== "string") throw new SpecError(path, `${path} must be a string`);
  const equals = value.indexOf("=");
  if (equals === -1) throw new SpecError(path, "invalid environment variable: missing '='");
  if (equals === 0) {
    throw new SpecError(path, "invalid environment variable: name cannot be empty");
  }
  const name = value.slice(0, equals);
  if (value.includes("\0")) {
    const problem = `invalid environment variable ${JSON.stringify(name)}: contains nul byte (\\x00)`;
    throw new SpecError(path, problem);
  }
  return { name, text: toArgument(value, path) };
}

function parseCapabilities(process: Section): Capabilities | undefined {
  const section = readSection(process, "capabilities");
  if (section === undefined) return undefined;
  return {
    bounding: readList(section, "bounding", toText),
    effective: readList(section, "effective", toText),
    permitted: readList(section, "permitted", toText),
    inheritable: readList(section, "inheritable", toText),
    ambient: readList(section, "ambient", toText),
  };
}

/**
 * Of a type that is there more than once the last entry counts. The specification wants an error, but clients of containerd
 * append theirs to its default configuration, which has a RLIMIT_NOFILE.
 */
function parseRlimits(process: Section): readonly Rlimit[] {
  const rlimits = readList(process, "rlimits", parseRlimit);
  const last = new Map(rlimits.map((rlimit) => [rlimit.type, rlimit]));
  return rlimits.filter((rlimit) => last.get(rlimit.type) === rlimit);
}

function parseRlimit(value: unknown, path: string): Rlimit {
  const section = toSection(value, path);
  const type = readText(section, "type") ?? "";
  if (!RLIMITS.has(type)) {
    throw new SpecError(`${path}.type`, `wrong rlimit value: ${type}`);
  }
  const soft = required(readBigInteger(section, "soft", U64), section, "soft");
  const hard = required(readBigInteger(section, "hard", U64), section, "hard");
  if (soft > hard) {
    const problem = `soft limit of ${type} must not be above its hard limit: ${soft} > ${hard}`;
    throw new SpecError(`${path}.soft`, problem);
  }
  return { type, soft, hard };
}
