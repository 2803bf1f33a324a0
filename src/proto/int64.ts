// SPDX-License-Identifier: Apache-2.0
// 64-bit fields: bigint in our code, protobufjs's Long on the wire side, the same 64 bits either way.

import protobuf from "protobufjs/minimal.js";
import type { google } from "./generated/messages.js";

type Long = google.protobuf.Timestamp["seconds"];

/** What `toLong` reads and writes of a 64-bit field: nothing else of Long is used, so src/proto/long.cjs can stand in. */
interface Bits {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

const LongClass = protobuf.util.Long;

/** A 64-bit field's value; bits above the 64th are cut off, so 2^64-1 and -1 give the same bytes. */
export function toLong(value: bigint): Long {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return new LongClass(low, high, value > 0n) as Long;
}

/** The value of a decoded 64-bit field: signed for int64, unsigned for uint64; 0 if it is absent. */
export function toBigInt(value: Bits | null | undefined): bigint {
  if (value === null || value === undefined) return 0n;
  const bits = (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
  return value.unsigned ? BigInt.asUintN(64, bits) : BigInt.asIntN(64, bits);
}
