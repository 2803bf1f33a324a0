// SPDX-License-Identifier: Apache-2.0
// `start`: one socket, one daemon behind it, one answer on stdout. This is the reference of native/launcher/start.c, which
// does it in production; differences: no lock against simultaneous starts of one group, no core scheduling.

import { mkdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno, TaskError } from "../base/errors.ts";
import { O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY, SIGKILL } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";
import { memfd, writeAll } from "../sys/memfd.ts";
import { signalPidfd } from "../sys/pidfd.ts";
import { listenUnix } from "../sys/socket.ts";
import { spawn } from "../sys/spawn.ts";
import { DEFAULT_SOCKET_DIR, socketPath } from "./address.ts";
import { formatAnswer } from "./answer.ts";
import { type Bootstrap, parseBootstrap } from "./bootstrap.ts";
import { readConfig, writeAddress } from "./bundle-files.ts";
import { daemonEnvironment, LISTEN_VARIABLE } from "./environment.ts";
import type { ShimFlags } from "./flags.ts";
import { groupingKey } from "./group.ts";
import { LISTEN_FD, NODE_FLAGS, SHIM_NAME, STDIN_COPY_FD } from "./launch.ts";
import { isServed } from "./probe.ts";
import { joinShimCgroup } from "./shim-cgroup.ts";
import { addressPath, toAddress } from "./unix-address.ts";

/** Go's shims allow one byte less than the kernel. */
const MAX_SOCKET_PATH_BYTES = 106;
const MAX_STDIN_BYTES = 10 * 1024 * 1024;
const MAX_OOM_SCORE_ADJ = 1000;

/** Everything that a start knows before it makes anything. */
interface Start {
  readonly flags: ShimFlags;
  readonly bundle: string;
  readonly input: Uint8Array;
  readonly bootstrap: Bootstrap;
  readonly grpcAddress: string;
  /** "unix:///..." */
  readonly address: string;
}

/** Runs `start` in the bundle (the working directory) and returns what to print. Leaves nothing behind when it throws. */
export function start(flags: ShimFlags): string {
  const bundle = process.cwd();
  const input = readFileSync(0);
  if (input.byteLength > MAX_STDIN_BYTES)
    throw invalid(`stdin: more than ${MAX_STDIN_BYTES} bytes`);
  const bootstrap = parseBootstrap(input, flags);
  const grpcAddress = bootstrap.grpcAddress === "" ? flags.address : bootstrap.grpcAddress;
  const group = groupingKey(readConfig(bundle), flags.id);
  const socketDir = bootstrap.socketDir === "" ? DEFAULT_SOCKET_DIR : bootstrap.socketDir;
  const path = socketPath({ socketDir, grpcAddress, namespace: flags.namespace, group });
  const address = toAddress(path);
  serveOrReuse({ flags, bundle, input, bootstrap, grpcAddress, address });
  return formatAnswer(address, {
    sendsParams: bootstrap.isParams,
    maxShimVersion: process.env["MAX_SHIM_VERSION"] ?? "",
  });
}

function serveOrReuse(start: Start): void {
  const path = addressPath(start.address);
  using socket = listenOrReuse(path);
  try {
    writeAddress(start.bundle, start.address);
    if (socket !== undefined) spawnDaemon(start, socket);
  } catch (error) {
    if (socket !== undefined) {
      rmSync(path, { force: true });
      rmSync(join(start.bundle, "address"), { force: true });
    }
    throw error;
  }
}

/** A listening socket; undefined where another shim of the group serves that path. */
function listenOrReuse(path: string): Fd | undefined {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw invalid(`"${path}": unix socket path too long (> ${MAX_SOCKET_PATH_BYTES})`);
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    return listenUnix(path, 0o600);
  } catch (error) {
    if (!isErrno(error, "EADDRINUSE")) throw error;
  }
  if (isServed(path)) return undefined;
  unlinkSync(path);
  return listenUnix(path, 0o600);
}

function spawnDaemon(start: Start, socket: Fd): void {
  const { flags, bootstrap, bundle, grpcAddress, address, input } = start;
  if ((process.env["SCHED_CORE"] ?? "") !== "") {
    throw new TaskError("unimplemented", "core scheduling needs the native launcher");
  }
  using none = open("/dev/null", O_RDWR);
  using log = openLogFifo(bundle);
  using copy = memfd("tsrunc-stdin");
  writeAll(copy, input);
  const debug = flags.debug || bootstrap.debug ? ["-debug"] : [];
  const args = ["-namespace", flags.namespace, "-id", flags.id, "-address", grpcAddress, ...debug];
  const extra = bootstrap.ttrpcAddress === "" ? {} : { TTRPC_ADDRESS: bootstrap.ttrpcAddress };
  const { pid, pidfd } = spawn({
    exe: process.execPath,
    argv: [process.execPath, ...NODE_FLAGS, process.argv[1] ?? "", SHIM_NAME, ...args],
    env: daemonEnvironment(process.env, { ...extra, [LISTEN_VARIABLE]: addressPath(address) }),
    fds: [
      { fd: none, as: 0 },
      { fd: none, as: 1 },
      { fd: log ?? none, as: 2 },
      { fd: socket, as: LISTEN_FD },
      { fd: copy, as: STDIN_COPY_FD },
    ],
    cwd: bundle,
    newGroup: true,
  });
  try {
    if (bootstrap.shimCgroup !== "") joinShimCgroup(bootstrap.shimCgroup, pid);
    raiseOomScore(pid);
  } catch (error) {
    signalPidfd(pidfd, SIGKILL);
    throw error;
  } finally {
    pidfd.close();
  }
}

/** The fifo that containerd reads; undefined if there is none. */
function openLogFifo(bundle: string): Fd | undefined {
  const path = join(bundle, "log");
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return undefined;
  try {
    return open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW);
  } catch {
    return undefined; // ENXIO: nobody reads it.
  }
}

/** One above containerd's, so that the kernel takes a shim before the daemon; an unprivileged user may not. */
function raiseOomScore(pid: number): void {
  try {
    const parent = Number(readFileSync(`/proc/${process.ppid}/oom_score_adj`, "utf8"));
    const score = Math.min(parent + 1, MAX_OOM_SCORE_ADJ);
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
  } catch (error) {
    if (!isErrno(error, "EPERM", "EACCES", "ENOENT")) throw error;
  }
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", problem);
}
