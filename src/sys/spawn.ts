// SPDX-License-Identifier: Apache-2.0
// Starts a program without copying this process (native/lib/spawn.c). The only way in which a
// process that has a `Reaper` may start anything.

import { type Pid, toPid } from "../base/brand.ts";
import { check } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind, type NativeValue, refuseNul } from "./ffi.ts";

const nSpawn = bind<[options: NativeValue, pidfd: Int32Array]>(
  "int n_spawn(const n_spawn_options *options, int32_t *pidfd)",
);

const FLAG_SESSION = 1;
const FLAG_GROUP = 2;
const FLAG_NOFILE = 4;

export interface SpawnOptions {
  /**
   * A descriptor (also O_PATH, also a sealed memfd), or a path that is resolved after `cwd`. No
   * PATH search.
   */
  readonly exe: Fd | string;
  readonly argv: readonly string[];
  /** "NAME=value" each; nothing is inherited. */
  readonly env: readonly string[];
  /**
   * What the child has open, each under its number there; everything else is closed, 0 to 2
   * included.
   */
  readonly fds: readonly { readonly fd: Fd; readonly as: number }[];
  /**
   * A cgroup v2 directory: the child is born in it (CLONE_INTO_CGROUP, Linux 5.7). In a frozen one
   * it would not get to its execve, which `spawn` waits for on this thread: it must not be frozen.
   */
  readonly cgroup?: Fd | undefined;
  readonly cwd?: string | undefined;
  /** setsid(2) */
  readonly newSession?: boolean;
  /** setpgid(0, 0) */
  readonly newGroup?: boolean;
  /** RLIMIT_NOFILE; undefined: this process's own, whose soft limit Node has raised. */
  readonly nofile?: { readonly soft: bigint; readonly hard: bigint } | undefined;
}

/**
 * Starts a program and returns once it runs (its execve has succeeded): signals at default and
 * unblocked. A failure of any step is thrown as SysError "spawn" and leaves no process. The pidfd
 * is the caller's; the reaper delivers the exit of `pid`.
 */
export function spawn(options: SpawnOptions): { pid: Pid; pidfd: Fd } {
  const { exe, argv, env, fds } = options;
  const program = typeof exe === "string" ? exe : null;
  const cwd = options.cwd ?? null;
  refuseNul([program, cwd, ...argv, ...env], "spawn");
  const pidfd = Int32Array.of(-1);
  const pid = nSpawn(
    {
      exe_path: program,
      argv: [...argv, null],
      env: [...env, null],
      cwd,
      fds: Int32Array.from(fds.flatMap(({ fd, as }) => [fd.raw, as])),
      fd_count: fds.length,
      flags: flagsOf(options),
      exe_fd: typeof exe === "string" ? -1 : exe.raw,
      cgroup_fd: options.cgroup?.raw ?? -1,
      nofile_soft: options.nofile?.soft ?? 0n,
      nofile_hard: options.nofile?.hard ?? 0n,
    },
    pidfd,
  );
  check(pid, "spawn", program ?? argv[0]);
  return { pid: toPid(pid), pidfd: new Fd(pidfd[0] ?? -1) };
}

function flagsOf(options: SpawnOptions): number {
  const session = options.newSession === true ? FLAG_SESSION : 0;
  const group = options.newGroup === true ? FLAG_GROUP : 0;
  const nofile = options.nofile === undefined ? 0 : FLAG_NOFILE;
  return session | group | nofile;
}
