// SPDX-License-Identifier: Apache-2.0
// The protobuf wire format, as much as ttrpc's own messages need: varints, length-delimited fields, skipping of the rest.
// Bytes without messages. The reader takes hostile input: each failure is a TaskError "invalid_argument" that says what is
// wrong at which byte, it never reads past its end, and it never allocates more than the input's own size.

import { TaskError } from "../base/errors.ts";

export const wireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 };

const MAX_VARINT_BYTES = 10;
/** Deeper groups than the reference implementations accept are not skipped. */
const MAX_GROUP_DEPTH = 100;

// Both are used without streaming: they hold no state between calls. Invalid UTF-8 is an error, as proto3 asks.
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const textEncoder = new TextEncoder();

/** A field's number and wire type. */
export interface Tag {
  readonly field: number;
  readonly type: number;
}

/** Reads the fields of one message, first to last. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next field's tag, or undefined at the end. Its value must be read or skipped before the next call. */
  tag(): Tag | undefined {
    if (this.#at === this.#bytes.length) return undefined;
    const start = this.#at;
    const value = this.#varint();
    const field = Math.floor(value / 8);
    if (field < 1 || value > 0xffff_ffff)
      throw this.#problem(`invalid field number ${field}`, start);
    return { field, type: value % 8 };
  }

  /** An int64; a negative one has ten bytes. */
  int64(): bigint {
    const start = this.#at;
    const rounded = this.#varint();
    if (rounded <= Number.MAX_SAFE_INTEGER) return BigInt(rounded);
    let value = 0n;
    for (const byte of this.#bytes.subarray(start, this.#at).toReversed())
      value = (value << 7n) | BigInt(byte & 0x7f);
    return BigInt.asIntN(64, value);
  }

  /** An int32: the low half of what was written, as protobuf defines it. */
  int32(): number {
    return Number(BigInt.asIntN(32, this.int64()));
  }

  /** A view of a length-delimited field, not a copy. */
  bytes(): Uint8Array {
    const start = this.#at;
    const length = this.#varint();
    const left = this.#bytes.length - this.#at;
    if (length > left) throw this.#problem(`length ${length} with ${left} bytes left`, start);
    const end = this.#at + length;
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  /** A string field. */
  text(): string {
    const start = this.#at;
    try {
      return textDecoder.decode(this.bytes());
    } catch (error) {
      if (error instanceof TaskError) throw error;
      throw this.#problem("invalid UTF-8 in a string", start);
    }
  }

  /** Passes over the value of a field that is not known, or that has another type than expected. */
  skip(tag: Tag): void {
    this.#skip(tag, 0);
  }

  #skip(tag: Tag, depth: number): void {
    switch (tag.type) {
      case wireType.varint:
        this.#varint();
        return;
      case wireType.fixed64:
        this.#advance(8);
        return;
      case wireType.bytes:
        this.bytes();
        return;
      case wireType.startGroup:
        this.#skipGroup(tag.field, depth + 1);
        return;
      case wireType.fixed32:
        this.#advance(4);
        return;
      default:
        throw this.#problem(`invalid wire type ${tag.type} of field ${tag.field}`, this.#at);
    }
  }

  #skipGroup(field: number, depth: number): void {
    const start = this.#at;
    if (depth > MAX_GROUP_DEPTH) throw this.#problem("groups are nested too deep", start);
    for (;;) {
      const tag = this.tag();
      if (tag === undefined) throw this.#problem(`group ${field} does not end`, start);
      if (tag.type === wireType.endGroup) {
        if (tag.field === field) return;
        throw this.#problem(`group ${field} ends as ${tag.field}`, this.#at);
      }
      this.#skip(tag, depth);
    }
  }

  #advance(count: number): void {
    const left = this.#bytes.length - this.#at;
    if (count > left)
      throw this.#problem(`fixed field of ${count} with ${left} bytes left`, this.#at);
    this.#at += count;
  }

  /** An unsigned varint; above 2^53 it is rounded, which all but int64 may ignore: no length or tag is that big. */
  #varint(): number {
    const start = this.#at;
    let value = 0;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw this.#problem("truncated varint", start);
      this.#at++;
      if (byte > 1 && index === MAX_VARINT_BYTES - 1) break;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw this.#problem("varint overflows 64 bits", start);
  }

  #problem(what: string, at: number): TaskError {
    return new TaskError("invalid_argument", `${what} at byte ${at}`);
  }
}

/** Appends fields to one message. Zero and empty values are left out, as proto3 does. */
export class WireWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** `capacity` saves copying when the size is known roughly. */
  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  varint(field: number, value: bigint): void {
    if (value === 0n) return;
    this.#tag(field, wireType.varint);
    this.#varint(BigInt.asUintN(64, value));
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.message(field, value);
  }

  text(field: number, value: string): void {
    if (value !== "") this.message(field, textEncoder.encode(value));
  }

  /** A sub-message, which is written even when it is empty: its presence means something. */
  message(field: number, value: Uint8Array): void {
    this.#tag(field, wireType.bytes);
    this.#small(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** What was written. The writer is not used any more after that. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #tag(field: number, type: number): void {
    this.#small((field << 3) | type);
  }

  /** A varint below 2^31, which all tags and lengths are. */
  #small(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #varint(value: bigint): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
