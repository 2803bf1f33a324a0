// SPDX-License-Identifier: Apache-2.0
// Messages of a file in integration/protos, by reflection, and calls with them: no code is generated for tests.

import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";

/** 64-bit numbers of these few messages (times, sizes) are small enough to be plain numbers. */
const CONVERSION = { longs: Number, enums: String, defaults: true, bytes: Buffer } as const;

/** The messages of one package. */
export class Messages {
  readonly #root = new protobuf.Root();
  readonly #package: string;

  constructor(file: string, packageName: string) {
    this.#package = packageName;
    this.#root.resolvePath = (_origin, target) =>
      target.startsWith("google/") ? target : join(import.meta.dirname, "..", "protos", target);
    this.#root.loadSync(file);
  }

  encode(type: string, message: object): Buffer {
    const reflected = this.#lookup(type);
    return Buffer.from(reflected.encode(reflected.fromObject(message)).finish());
  }

  decode(type: string, bytes: Uint8Array): Record<string, unknown> {
    const reflected = this.#lookup(type);
    return reflected.toObject(reflected.decode(bytes), CONVERSION);
  }

  /** A type of the package, or of another one by its full name. */
  #lookup(type: string): protobuf.Type {
    return this.#root.lookupType(type.startsWith("google.") ? type : `${this.#package}.${type}`);
  }
}

/** One request with one answer. */
export interface Call {
  /** "/package.Service/Method". */
  readonly path: string;
  readonly requestType: string;
  readonly responseType: string;
  readonly metadata: grpc.Metadata;
}

/** Rejects with grpc-js's ServiceError. */
export async function callUnary(
  client: grpc.Client,
  messages: Messages,
  call: Call,
  request: object,
): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
  client.makeUnaryRequest(
    call.path,
    (message: object) => messages.encode(call.requestType, message),
    (bytes: Buffer) => messages.decode(call.responseType, bytes),
    request,
    call.metadata,
    (error, answer) => {
      if (error !== null) reject(error);
      else resolve(answer ?? {});
    },
  );
  return await promise;
}

/** A connection of its own to a Unix socket. */
export function connect(address: string): grpc.Client {
  return new grpc.Client(`unix:${address}`, grpc.credentials.createInsecure(), {
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 500,
    // Without it all clients of one address share one connection, and closing one does not end it.
    "grpc.use_local_subchannel_pool": 1,
  });
}
