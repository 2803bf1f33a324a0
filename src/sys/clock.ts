// SPDX-License-Identifier: Apache-2.0
// The clock that timestamps in the Task API come from.

import { bind } from "./ffi.ts";

const nNowNs = bind<[]>("int64_t n_now_ns()");

/** Nanoseconds since the epoch (CLOCK_REALTIME). */
export function nowNs(): bigint {
  return BigInt(nNowNs());
}
