// SPDX-License-Identifier: Apache-2.0
// The process section as data: part of model.ts, and what an exec is given.

import {
  boolean,
  i32,
  id,
  integer,
  list,
  type ObjectKind,
  object,
  text,
  texts,
  u16,
  u64,
  words,
} from "./kinds.ts";

const rlimitTypes = [
  "RLIMIT_AS",
  "RLIMIT_CORE",
  "RLIMIT_CPU",
  "RLIMIT_DATA",
  "RLIMIT_FSIZE",
  "RLIMIT_LOCKS",
  "RLIMIT_MEMLOCK",
  "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE",
  "RLIMIT_NOFILE",
  "RLIMIT_NPROC",
  "RLIMIT_RSS",
  "RLIMIT_RTPRIO",
  "RLIMIT_RTTIME",
  "RLIMIT_SIGPENDING",
  "RLIMIT_STACK",
];

const policies = ["OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"];
const schedulerFlags = [
  "RESET_ON_FORK",
  "RECLAIM",
  "DL_OVERRUN",
  "KEEP_POLICY",
  "KEEP_PARAMS",
  "UTIL_CLAMP_MIN",
  "UTIL_CLAMP_MAX",
];

/** process, of config.json and of an exec. */
export const PROCESS: ObjectKind = object(
  {
    terminal: boolean,
    consoleSize: object({ height: u16, width: u16 }),
    user: object({ uid: id, gid: id, umask: integer(0n, 0o777n), additionalGids: list(id) }),
    args: texts,
    env: texts,
    cwd: text,
    capabilities: object({
      bounding: texts,
      effective: texts,
      permitted: texts,
      inheritable: texts,
      ambient: texts,
    }),
    rlimits: list(
      object({ type: words(...rlimitTypes), soft: u64, hard: u64 }, "type", "soft", "hard"),
    ),
    noNewPrivileges: boolean,
    oomScoreAdj: integer(-1000n, 1000n),
    apparmorProfile: text,
    selinuxLabel: text,
    scheduler: object(
      {
        policy: words(...policies.map((name) => `SCHED_${name}`)),
        nice: i32,
        priority: i32,
        flags: list(words(...schedulerFlags.map((name) => `SCHED_FLAG_${name}`))),
        runtime: u64,
        deadline: u64,
        period: u64,
      },
      "policy",
    ),
    ioPriority: object(
      { class: words("IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"), priority: i32 },
      "class",
    ),
    execCPUAffinity: object({ initial: text, final: text }),
  },
  "args",
  "cwd",
);
