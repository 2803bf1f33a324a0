// SPDX-License-Identifier: Apache-2.0
// Says when the OOM killer may have been at work in a cgroup, while its processes run. Notices are hints and may be merged:
// whoever gets one reads the counter and compares.

import { watch as watchPath } from "node:fs";
import { O_RDONLY, O_WRONLY } from "../sys/constants.ts";
import { eventFd, readFd, writeFd } from "../sys/fd.ts";
import { watch } from "../sys/poll.ts";
import { CgroupDirectory, type Member } from "./directory.ts";

/**
 * v1 tells that memory has run out before it looks for a victim, and one without processor time left may be slow to be
 * killed: pauses double from 1 ms, 4 s in all.
 */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 2048;

/**
 * Calls `notice` whenever the counter of OOM kills may have grown, until disposed of. `member` is the cgroup in the tree with
 * the memory controller. SysError if the kernel offers no such thing.
 */
export function watchOom(member: Member, notice: () => void): Disposable {
  using directory = CgroupDirectory.open(member);
  return member.version === 1
    ? new OomControlWatch(directory, notice)
    : watchEvents(directory, "memory.events", notice);
}

/** Kernel's Documentation/admin-guide/cgroup-v1/memory.rst, section 10: an eventfd, registered in cgroup.event_control. */
class OomControlWatch implements Disposable {
  readonly #notice: () => void;
  readonly #stack: DisposableStack;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: CgroupDirectory, notice: () => void) {
    this.#notice = notice;
    using stack = new DisposableStack();
    const event = stack.use(eventFd());
    {
      // The kernel needs the file at registration only.
      using control = directory.openFile("memory.oom_control", O_RDONLY);
      using registration = directory.openFile("cgroup.event_control", O_WRONLY);
      writeFd(registration, Buffer.from(`${event.raw} ${control.raw}`));
    }
    const count = new Uint8Array(8);
    const onReady = (): void => {
      readFd(event, count);
      this.#look(FIRST_PAUSE_MS);
    };
    stack.use(watch(event, { readable: true }, onReady));
    this.#stack = stack.move();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#stack.dispose();
  }

  #look(pauseMs: number): void {
    clearTimeout(this.#timer);
    if (pauseMs <= LAST_PAUSE_MS) {
      this.#timer = setTimeout(() => this.#look(pauseMs * 2), pauseMs).unref();
    }
    this.#notice();
  }
}

/** v2: calls `notice` whenever the kernel says that a file of events has changed. SysError ENOENT if there is none. */
export function watchEvents(
  directory: CgroupDirectory,
  file: string,
  notice: () => void,
): Disposable {
  // Through the descriptor: inotify takes the file that this leads to now and needs the path no more.
  using fd = directory.openFile(file, O_RDONLY);
  const watcher = watchPath(`/proc/self/fd/${fd.raw}`, { persistent: false }, notice);
  // Nothing more will come, and an exit still looks at the counter.
  watcher.on("error", () => watcher.close());
  return { [Symbol.dispose]: () => watcher.close() };
}
