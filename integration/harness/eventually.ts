// SPDX-License-Identifier: Apache-2.0
// Waiting without guessing how long: a condition is asked again and again until it holds or its time is over.

import { setTimeout as sleep } from "node:timers/promises";

const LONGEST_PAUSE_MS = 100;

/** On a slow machine (an emulated one) everything may take so many times as long. */
export const PATIENCE = Number(process.env["TSRUNC_TEST_PATIENCE"] ?? 1);

/** Asks until the answer is neither undefined nor false, and returns it. Throws after `timeoutMs`, naming `what`. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs * PATIENCE;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(pauseMs);
  }
}

/** The promise's value, or an error that names `what` when it does not come in time. */
export async function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(timeoutMs * PATIENCE, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what}: not within ${timeoutMs} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
