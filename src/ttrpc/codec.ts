// SPDX-License-Identifier: Apache-2.0
// The messages of ttrpc itself: Request and Response with what is inside them. Field numbers are those of the protocol's
// request.proto, google/rpc/status.proto and google/protobuf/any.proto. Unknown fields are skipped; a field that is
// repeated although it should not be: the last one counts; sub-messages merge.

import { type ErrorDetail, TaskError } from "../base/errors.ts";
import { type Tag, WireReader, WireWriter, wireType } from "./wire.ts";

/** More metadata entries or error details than any client sends; two bytes on the wire become an object here. */
const MAX_REPEATED = 4096;

/** One metadata entry as it stands on the wire. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** The opening message of a call. */
export interface Request {
  readonly service: string;
  readonly method: string;
  readonly payload: Uint8Array;
  /** How long the client waits, from receipt; 0: for ever; negative: not any more. int64. */
  readonly timeoutNano: bigint;
  readonly metadata: readonly KeyValue[];
}

/** google.rpc.Status. */
export interface Status {
  /** A google.rpc.Code, 0 for success; int32. */
  readonly code: number;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

/** The answer to a call. */
export interface Response {
  /** Absent in every success. */
  readonly status?: Status | undefined;
  readonly payload: Uint8Array;
}

const EMPTY = new Uint8Array();

/** Throws a TaskError "invalid_argument" that names what is malformed. The payload is a view into `bytes`. */
export function decodeRequest(bytes: Uint8Array): Request {
  let service = "";
  let method = "";
  let payload: Uint8Array = EMPTY;
  let timeoutNano = 0n;
  const metadata: KeyValue[] = [];
  eachField(bytes, (reader, tag) => {
    if (isField(tag, 1, wireType.bytes)) service = reader.text();
    else if (isField(tag, 2, wireType.bytes)) method = reader.text();
    else if (isField(tag, 3, wireType.bytes)) payload = reader.bytes();
    else if (isField(tag, 4, wireType.varint)) timeoutNano = reader.int64();
    else if (isField(tag, 5, wireType.bytes)) add(metadata, decodeKeyValue(reader.bytes()));
    else reader.skip(tag);
  });
  return { service, method, payload, timeoutNano, metadata };
}

export function encodeRequest(request: Request): Uint8Array {
  const writer = new WireWriter(request.payload.length + 256);
  writer.text(1, request.service);
  writer.text(2, request.method);
  writer.bytes(3, request.payload);
  writer.varint(4, request.timeoutNano);
  for (const entry of request.metadata) {
    const inner = new WireWriter();
    inner.text(1, entry.key);
    inner.text(2, entry.value);
    writer.message(5, inner.finish());
  }
  return writer.finish();
}

/** Throws a TaskError "invalid_argument" that names what is malformed. The payload is a view into `bytes`. */
export function decodeResponse(bytes: Uint8Array): Response {
  const merged = { code: 0, message: "", details: [] };
  let status: Status | undefined;
  let payload: Uint8Array = EMPTY;
  eachField(bytes, (reader, tag) => {
    if (isField(tag, 1, wireType.bytes)) status = mergeStatus(merged, reader.bytes());
    else if (isField(tag, 2, wireType.bytes)) payload = reader.bytes();
    else reader.skip(tag);
  });
  return { status, payload };
}

export function encodeResponse(response: Response): Uint8Array {
  const writer = new WireWriter(response.payload.length + 16);
  if (response.status !== undefined) writer.message(1, encodeStatus(response.status));
  writer.bytes(2, response.payload);
  return writer.finish();
}

/** Reads into `status`, as repeated occurrences of a sub-message merge, and returns it. */
function mergeStatus(
  status: { code: number; message: string; details: ErrorDetail[] },
  bytes: Uint8Array,
): Status {
  eachField(bytes, (reader, tag) => {
    if (isField(tag, 1, wireType.varint)) status.code = reader.int32();
    else if (isField(tag, 2, wireType.bytes)) status.message = reader.text();
    else if (isField(tag, 3, wireType.bytes)) add(status.details, decodeAny(reader.bytes()));
    else reader.skip(tag);
  });
  return status;
}

function encodeStatus(status: Status): Uint8Array {
  const writer = new WireWriter(3 * status.message.length + 16);
  writer.varint(1, BigInt(status.code));
  writer.text(2, status.message);
  for (const detail of status.details) {
    const inner = new WireWriter(detail.value.length + 64);
    inner.text(1, detail.typeUrl);
    inner.bytes(2, detail.value);
    writer.message(3, inner.finish());
  }
  return writer.finish();
}

function decodeKeyValue(bytes: Uint8Array): KeyValue {
  let key = "";
  let value = "";
  eachField(bytes, (reader, tag) => {
    if (isField(tag, 1, wireType.bytes)) key = reader.text();
    else if (isField(tag, 2, wireType.bytes)) value = reader.text();
    else reader.skip(tag);
  });
  return { key, value };
}

function decodeAny(bytes: Uint8Array): ErrorDetail {
  let typeUrl = "";
  let value: Uint8Array = EMPTY;
  eachField(bytes, (reader, tag) => {
    if (isField(tag, 1, wireType.bytes)) typeUrl = reader.text();
    else if (isField(tag, 2, wireType.bytes)) value = reader.bytes();
    else reader.skip(tag);
  });
  return { typeUrl, value };
}

/** Calls `read` with each field; it must read or skip the value. */
function eachField(bytes: Uint8Array, read: (reader: WireReader, tag: Tag) => void): void {
  const reader = new WireReader(bytes);
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) read(reader, tag);
}

function isField(tag: Tag, field: number, type: number): boolean {
  return tag.field === field && tag.type === type;
}

function add<T>(list: T[], item: T): void {
  if (list.length === MAX_REPEATED)
    throw new TaskError("invalid_argument", `more than ${MAX_REPEATED} entries in one field`);
  list.push(item);
}
