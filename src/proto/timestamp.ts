// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Timestamp and nanoseconds since the epoch.

import type { google } from "./generated/messages.js";
import { toBigInt, toLong } from "./int64.ts";

type Timestamp = google.protobuf.Timestamp.$Properties;

const NS_PER_S = 1_000_000_000n;

/** Seconds of 0001-01-01: how Go programs write "no time"; clients test for exactly this (contract 4.1). */
const GO_ZERO_SECONDS = -62_135_596_800n;

/** A time in nanoseconds since the epoch (may be before it); undefined is Go's zero time, never 1970. */
export function toTimestamp(epochNs: bigint | undefined): Timestamp {
  if (epochNs === undefined) return { seconds: toLong(GO_ZERO_SECONDS), nanos: 0 };
  const nanos = ((epochNs % NS_PER_S) + NS_PER_S) % NS_PER_S;
  return { seconds: toLong((epochNs - nanos) / NS_PER_S), nanos: Number(nanos) };
}

/** Nanoseconds since the epoch; undefined if there is no time or Go's zero time. */
export function fromTimestamp(timestamp: Timestamp | null | undefined): bigint | undefined {
  if (timestamp === null || timestamp === undefined) return undefined;
  const seconds = toBigInt(timestamp.seconds);
  if (seconds === GO_ZERO_SECONDS) return undefined;
  return seconds * NS_PER_S + BigInt(timestamp.nanos ?? 0);
}
