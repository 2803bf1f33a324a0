// SPDX-License-Identifier: Apache-2.0
// What `runtime/` offers to the model above it (`container/`): live containers and execs. No containerd word is in here.

import type { Pid } from "../base/brand.ts";
import type { Exit } from "../base/exit.ts";
import type { Metrics } from "../cgroup/metrics.ts";
import type { Fd } from "../sys/fd.ts";

/** One element of a rootfs mount list, as snapshotters describe it. */
export interface RootfsMount {
  readonly type: string;
  readonly source: string;
  /** Below the rootfs; usually empty. */
  readonly target: string;
  readonly options: readonly string[];
}

/** Paths or URIs of stdio as the client gave them; "" is not wanted. */
export interface StdioConfig {
  readonly terminal: boolean;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Descriptors of the caller, who keeps them, that a program gets as well: `listening` from 3 on, then `others`. */
export interface InheritedFds {
  /** The program is told of them in the way of systemd: LISTEN_FDS, LISTEN_PID. */
  readonly listening: readonly Fd[];
  readonly others: readonly Fd[];
}

export interface CreateOptions {
  readonly namespace: string;
  readonly id: string;
  /** Absolute path. */
  readonly bundle: string;
  /** Mounted on `<bundle>/rootfs` in order; empty: root.path of config.json is used as it is. */
  readonly rootfsMounts: readonly RootfsMount[];
  readonly stdio: StdioConfig;
  /** State directory root; the container's state is in `<stateRoot>/<namespace>/<id>`. */
  readonly stateRoot: string;
  readonly noPivot: boolean;
  readonly noNewKeyring: boolean;
  /** systemd is to manage the cgroup, whatever the form of its path. */
  readonly systemdCgroup: boolean;
  /** Owner of the stdio pipes, if not the process's user. */
  readonly ioUid: number | undefined;
  readonly ioGid: number | undefined;
  /** The container whose shim serves this one, if nobody has called `start` for it: nobody will call `delete` either. */
  readonly dependsOn?: string | undefined;
  readonly inherited?: InheritedFds | undefined;
}

export interface ExecOptions {
  readonly execId: string;
  /** process document of the OCI spec, not yet checked (parsed JSON). */
  readonly process: unknown;
  readonly stdio: StdioConfig;
  readonly inherited?: InheritedFds | undefined;
}

/** The stdio of one process. */
export interface LiveStdio {
  /** TIOCSWINSZ on the pty; nothing without a terminal. */
  resize(columns: number, rows: number): void;
  /** The client will send no more input; idempotent. */
  closeStdin(): void;
  /**
   * Resolves when everything the process wrote is with the client, after `timeoutMs`, or when the client has read nothing for
   * `stalledMs`. Never rejects.
   */
  drain(timeoutMs: number, stalledMs: number): Promise<void>;
  /** Cuts everything that is still open; idempotent. */
  close(): void;
}

/** A process that exists (created or running) with its end. */
export interface LiveProcess {
  readonly pid: Pid;
  /** Resolves once when the process has been reaped; never rejects. */
  readonly exited: Promise<Exit>;
  readonly stdio: LiveStdio;
  /** By pidfd; SysError ESRCH when it has ended, EINVAL for a bad signal. */
  signal(signal: number): void;
}

/** A container whose init exists: created, and later running. */
export interface LiveContainer extends LiveProcess {
  readonly privatePidNamespace: boolean;
  /** Whether its state is gone: removed by `remove`, or by the `delete` command of a containerd that has given it up. */
  readonly removed: boolean;
  /** Releases the init from exec.fifo; resolves once the user's program has been executed. InitError otherwise. */
  start(): Promise<void>;
  /** Starts another process in the container; resolves once its program has been executed. */
  exec(options: ExecOptions): Promise<LiveProcess>;
  /** Sends `signal` to every process of the container's cgroup. */
  signalAll(signal: number): void;
  /** Every process in the container's cgroup. */
  pids(): readonly Pid[];
  metrics(): Metrics;
  /** How many processes the OOM killer has ended so far. */
  oomKills(): bigint;
  /** Calls `notice` whenever `oomKills` may have grown, until disposed of. SysError if the host cannot tell. */
  watchOom(notice: () => void): Disposable;
  /** A start gives up the hooks that it waits for. */
  giveUpHooks(): void;
  /** Removes what is left after init has exited: processes, cgroup, stdio, state, rootfs mounts. Idempotent, retryable. */
  remove(): Promise<void>;
}

export interface Runtime {
  /** Everything or nothing: on a throw, nothing of the container is left. */
  create(options: CreateOptions): Promise<LiveContainer>;
}
