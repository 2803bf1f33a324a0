// SPDX-License-Identifier: Apache-2.0
// Unix sockets, and descriptors sent over them. Sockets made here are close-on-exec and
// non-blocking, except the second end of a pair, which is for a child.

import type { Gid, Pid, Uid } from "../base/brand.ts";
import { SOCK_SEQPACKET, SOCK_STREAM } from "./constants.ts";
import { check, errnoNumber } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind } from "./ffi.ts";

const nSocketpair = bind<[type: number, ends: Int32Array]>(
  "int n_socketpair(int type, int32_t *ends)",
);
const nListenUnix = bind<[path: string, mode: number, backlog: number]>(
  "int n_listen_unix(const char *path, uint32_t mode, int backlog)",
);
const nAccept = bind<[fd: number]>("int n_accept(int fd)");
const nConnectUnix = bind<[path: string]>("int n_connect_unix(const char *path)");
const nSetSendBuffer = bind<[fd: number, bytes: number]>(
  "int n_set_send_buffer(int socket, int bytes)",
);
const nSendFds = bind<
  [fd: number, bytes: Uint8Array, length: number, fds: Int32Array, count: number]
>("int n_send_fds(int fd, const void *bytes, size_t length, const int32_t *fds, uint32_t count)");
const nRecvFds = bind<
  [fd: number, buffer: Uint8Array, length: number, fds: Int32Array, count: Uint32Array]
>("int n_recv_fds(int fd, void *buffer, size_t length, int32_t *fds, uint32_t *count)");
const nPeerCredentials = bind<[fd: number, out: Uint32Array]>(
  "int n_peer_credentials(int fd, uint32_t *out)",
);

const EAGAIN = errnoNumber("EAGAIN");

/** Connections that may wait for accept: the kernel's own default limit (net.core.somaxconn). */
const BACKLOG = 4096;

/** socketpair(2): the first end is non-blocking, the second is blocking. */
export function socketPair(kind: "stream" | "seqpacket"): [Fd, Fd] {
  const ends = new Int32Array(2);
  check(nSocketpair(kind === "stream" ? SOCK_STREAM : SOCK_SEQPACKET, ends), "socketpair");
  const [first = -1, second = -1] = ends;
  return [new Fd(first), new Fd(second)];
}

/**
 * A listening stream socket at `path` with exactly these permissions. EADDRINUSE if something is
 * there.
 */
export function listenUnix(path: string, mode: number): Fd {
  return new Fd(check(nListenUnix(path, mode, BACKLOG), "listen", path));
}

/** The next connection, non-blocking; undefined when none waits. */
export function accept(fd: Fd): Fd | undefined {
  const result = nAccept(fd.raw);
  return result === -EAGAIN ? undefined : new Fd(check(result, "accept"));
}

/**
 * Connects at once or throws: ENOENT, ECONNREFUSED (nobody listens), EAGAIN (the backlog is full). "@" at the beginning
 * makes it an abstract name.
 */
export function connectUnix(path: string): Fd {
  return new Fd(check(nConnectUnix(path), "connect", path));
}

/** How many bytes, with the kernel's own data about them, may be on their way before a send says EAGAIN or takes only a part. */
export function setSendBuffer(fd: Fd, bytes: number): void {
  check(nSetSendBuffer(fd.raw, bytes), "setsockopt");
}

/**
 * Sends one message with descriptors, which stay the caller's. Throws EAGAIN when the socket is
 * full, and EMSGSIZE when a stream socket took only a part (keep such messages to a few KiB).
 */
export function sendWithFds(fd: Fd, bytes: Uint8Array, fds: readonly Fd[]): void {
  const raw = Int32Array.from(fds, (each) => each.raw);
  check(nSendFds(fd.raw, bytes, bytes.byteLength, raw, raw.length), "sendmsg");
}

/**
 * One message with its descriptors, which are the caller's; undefined when a non-blocking socket
 * has none yet; 0 bytes: end of file. A message that does not fit is an error (EMSGSIZE for bytes,
 * ENOBUFS for descriptors), its descriptors closed.
 */
export function receiveWithFds(
  fd: Fd,
  maxBytes: number,
  maxFds: number,
): { bytes: Uint8Array; fds: Fd[] } | undefined {
  const buffer = new Uint8Array(maxBytes);
  const raw = new Int32Array(maxFds);
  const count = Uint32Array.of(maxFds);
  const result = nRecvFds(fd.raw, buffer, maxBytes, raw, count);
  if (result === -EAGAIN) return undefined;
  const length = check(result, "recvmsg");
  const fds = Array.from(raw.subarray(0, count[0]), (each) => new Fd(each));
  return { bytes: buffer.subarray(0, length), fds };
}

/** Who made the other end, as the kernel recorded it at connect (SO_PEERCRED). */
export function peerCredentials(fd: Fd): { pid: Pid; uid: Uid; gid: Gid } {
  const out = new Uint32Array(3);
  check(nPeerCredentials(fd.raw, out), "getsockopt");
  const [pid = 0, uid = 0, gid = 0] = out;
  return { pid: pid as Pid, uid: uid as Uid, gid: gid as Gid };
}
