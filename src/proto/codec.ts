// SPDX-License-Identifier: Apache-2.0
// How generated messages are used: plain objects in, bytes out, and back.

import type { Writer } from "protobufjs";

/** A generated message class, as far as anyone but its own file needs it. */
export interface Codec<Message, Decoded = Message> {
  encode(message: Message): Writer;
  /** Throws an Error of the protobuf library if `bytes` are not such a message. The result may share memory with `bytes`. */
  decode(bytes: Uint8Array): Decoded;
}

/** The bytes of `message`; zero values and empty lists are left out, as proto3 asks. */
export function encode<Message>(codec: Codec<Message, unknown>, message: Message): Uint8Array {
  return codec.encode(message).finish();
}
