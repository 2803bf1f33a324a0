// SPDX-License-Identifier: Apache-2.0
// Netlink messages and their attributes as bytes (linux/netlink.h, RFC 3549). Pure. Whatever is received is taken apart with
// every length checked: what does not fit is a SysError EPROTO. Numbers are in the host's order, which is little-endian on
// every platform that is supported.

import { errnoNumber, sysError } from "./errno.ts";

/** struct nlmsghdr, struct nlattr; both are aligned to 4 bytes. */
const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
const MAX_ATTRIBUTE_BYTES = 0xffff;
/** The errno, and the header of the message that it is about. */
const ERROR_BYTES = 4 + HEADER_BYTES;

/** nlmsg_type of control messages. */
const NLMSG_NOOP = 1;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_ACK_TLVS = 0x200;
/** Of requests that ask: everything there is. */
export const NLM_F_DUMP = 0x300;
/** Of requests that make: only what is not there yet. */
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

/** The bits of nla_type that are no part of the type: nested, network byte order. */
const TYPE_MASK = 0x3fff;

/** In the answer to a request: what was wrong with it, in words. */
const NLMSGERR_ATTR_MSG = 1;

/** An attribute to be sent. */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface Request {
  readonly type: number;
  readonly flags: number;
  /** The fixed part that belongs to the type (struct ifinfomsg, ...). */
  readonly header: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** What was received: data, or the end of the answer. */
export type Message =
  | ({ readonly kind: "data"; readonly sequence: number; readonly interrupted: boolean } & Payload)
  | ({ readonly kind: "end"; readonly sequence: number; readonly interrupted: boolean } & Result);

interface Payload {
  readonly type: number;
  readonly body: Uint8Array;
}

interface Result {
  /** 0: success. */
  readonly errno: number;
  /** In the kernel's words, if it has some. */
  readonly reason: string | undefined;
}

/** One message as it is sent. */
export function encodeRequest(request: Request, sequence: number): Uint8Array {
  const { header, attributes } = request;
  const sizes = attributes.map(({ value }) => align(ATTRIBUTE_HEADER_BYTES + value.byteLength));
  const start = HEADER_BYTES + align(header.byteLength);
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, start));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.byteLength, true);
  view.setUint16(4, request.type, true);
  view.setUint16(6, request.flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(header, HEADER_BYTES);
  let offset = start;
  for (const [index, { type, value }] of attributes.entries()) {
    const length = ATTRIBUTE_HEADER_BYTES + value.byteLength;
    if (length > MAX_ATTRIBUTE_BYTES) throw sysError("netlink", errnoNumber("EMSGSIZE"));
    view.setUint16(offset, length, true);
    view.setUint16(offset + 2, type, true);
    bytes.set(value, offset + ATTRIBUTE_HEADER_BYTES);
    offset += sizes[index] ?? 0;
  }
  return bytes;
}

/** The messages of one datagram. @throws SysError EPROTO for what is none */
export function decodeMessages(datagram: Uint8Array): readonly Message[] {
  const messages: Message[] = [];
  const view = viewOf(datagram);
  for (let offset = 0; offset < datagram.byteLength; ) {
    if (datagram.byteLength - offset < HEADER_BYTES) throw malformed();
    const length = view.getUint32(offset, true);
    if (length < HEADER_BYTES || length > datagram.byteLength - offset) throw malformed();
    const message = decodeMessage(datagram.subarray(offset, offset + length));
    if (message !== undefined) messages.push(message);
    offset += align(length);
  }
  return messages;
}

function decodeMessage(bytes: Uint8Array): Message | undefined {
  const view = viewOf(bytes);
  const type = view.getUint16(4, true);
  const flags = view.getUint16(6, true);
  const sequence = view.getUint32(8, true);
  const interrupted = (flags & NLM_F_DUMP_INTR) !== 0;
  const body = bytes.subarray(HEADER_BYTES);
  switch (type) {
    case NLMSG_NOOP:
      return undefined;
    case NLMSG_ERROR:
      return { kind: "end", sequence, interrupted, ...decodeError(body, flags) };
    case NLMSG_DONE:
      return { kind: "end", sequence, interrupted, ...decodeDone(body) };
    default:
      return { kind: "data", sequence, interrupted, type, body };
  }
}

/** struct nlmsgerr, then, if there are any, attributes; NETLINK_CAP_ACK leaves the request's own out. */
function decodeError(body: Uint8Array, flags: number): Result {
  if (body.byteLength < ERROR_BYTES) throw malformed();
  const errno = toErrno(viewOf(body).getInt32(0, true));
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno, reason: undefined };
  const reason = decodeAttributes(body.subarray(ERROR_BYTES)).get(NLMSGERR_ATTR_MSG);
  return { errno, reason: reason === undefined ? undefined : decodeText(reason) };
}

/** The end of a dump has an errno, too. */
function decodeDone(body: Uint8Array): Result {
  if (body.byteLength === 0) return { errno: 0, reason: undefined };
  if (body.byteLength < 4) throw malformed();
  return { errno: toErrno(viewOf(body).getInt32(0, true)), reason: undefined };
}

/** As the kernel gives them they are negative. */
function toErrno(value: number): number {
  if (value > 0) throw malformed();
  return Math.abs(value);
}

/** The attributes that fill `bytes`, by type; of several of one type the last. @throws SysError EPROTO */
export function decodeAttributes(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let offset = 0; offset < bytes.byteLength; ) {
    if (bytes.byteLength - offset < ATTRIBUTE_HEADER_BYTES) throw malformed();
    const length = view.getUint16(offset, true);
    if (length < ATTRIBUTE_HEADER_BYTES || length > bytes.byteLength - offset) throw malformed();
    const type = view.getUint16(offset + 2, true) & TYPE_MASK;
    attributes.set(type, bytes.subarray(offset + ATTRIBUTE_HEADER_BYTES, offset + length));
    offset += align(length);
  }
  return attributes;
}

/** A string, which may or may not end with a NUL. */
export function decodeText(value: Uint8Array): string {
  const end = value.indexOf(0);
  return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString("utf8");
}

/** @throws SysError EPROTO for a value of another size */
export function decodeU32(value: Uint8Array): number {
  if (value.byteLength !== 4) throw malformed();
  return viewOf(value).getUint32(0, true);
}

export function textAttribute(type: number, text: string): Attribute {
  return { type, value: Buffer.from(`${text}\0`) };
}

export function u32Attribute(type: number, number: number): Attribute {
  const value = new Uint8Array(4);
  viewOf(value).setUint32(0, number, true);
  return { type, value };
}

/** For bytes that are not what the protocol says. */
export function malformed(): Error {
  return sysError("netlink", errnoNumber("EPROTO"));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function align(length: number): number {
  return (length + 3) & ~3;
}
