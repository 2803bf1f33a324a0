// SPDX-License-Identifier: Apache-2.0
// Terminals, from the side of the master.

import { check } from "./errno.ts";
import type { Fd } from "./fd.ts";
import { bind } from "./ffi.ts";

const nSetWindowSize = bind<[fd: number, columns: number, rows: number]>(
  "int n_set_window_size(int fd, uint32_t columns, uint32_t rows)",
);

/**
 * TIOCSWINSZ: sends SIGWINCH to the foreground process group if the size changes. Sizes are 0 to
 * 65535.
 */
export function setWindowSize(fd: Fd, columns: number, rows: number): void {
  check(nSetWindowSize(fd.raw, columns, rows), "ioctl");
}
