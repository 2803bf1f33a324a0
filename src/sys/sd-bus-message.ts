// SPDX-License-Identifier: Apache-2.0
// Values as D-Bus types them, and how sd-bus takes them into a message.

import { check } from "./errno.ts";
import type { HostLibrary, NativeValue } from "./ffi.ts";

export type DbusData = string | number | bigint | boolean | DbusValue | readonly DbusData[];

/** `value` by its D-Bus signature, one complete type: "s", "t", "b", "ay", "a(ss)", "v" (then `value` is a DbusValue). */
export interface DbusValue {
  readonly signature: string;
  readonly value: DbusData;
}

const APPEND_TEXT = "int sd_bus_message_append_basic(void *message, char type, const char *value)";
const APPEND = "int sd_bus_message_append_basic(void *message, char type, const void *value)";
const OPEN = "int sd_bus_message_open_container(void *message, char type, const char *contents)";
const CLOSE = "int sd_bus_message_close_container(void *message)";

/** Appends values to a message of sd-bus. RangeError for a value that is not what its signature says. */
export function appendValues(
  library: HostLibrary,
  message: NativeValue,
  values: readonly DbusValue[],
): void {
  const call = (prototype: string, ...args: NativeValue[]): void => {
    check(Number(library.call(prototype, message, ...args)), "sd_bus_message_append");
  };
  const container = (type: string, contents: string, fill: () => void): void => {
    call(OPEN, type.charCodeAt(0), contents);
    fill();
    call(CLOSE);
  };
  const append = (signature: string, value: DbusData): void => {
    const type = signature.charAt(0);
    if (type === "a") {
      const element = signature.slice(1);
      container("a", element, () => {
        for (const item of toList(signature, value)) append(element, item);
      });
    } else if (type === "(") {
      const contents = signature.slice(1, -1);
      const items = toList(signature, value);
      container("r", contents, () => {
        splitSignature(contents).forEach((part, index) => {
          append(part, items[index] ?? mismatch(signature, value));
        });
      });
    } else if (type === "v") {
      const inner = toVariant(value);
      container("v", inner.signature, () => append(inner.signature, inner.value));
    } else if (typeof value === "string") {
      call(APPEND_TEXT, type.charCodeAt(0), value);
    } else {
      call(APPEND, type.charCodeAt(0), toBytes(type, value));
    }
  };
  for (const { signature, value } of values) append(signature, value);
}

/** "sa(sv)u" -> ["s", "a(sv)", "u"]. */
export function splitSignature(signature: string): string[] {
  const types: string[] = [];
  for (let start = 0; start < signature.length; start = start + (types.at(-1)?.length ?? 1)) {
    let end = start;
    while (signature[end] === "a") end += 1;
    for (let depth = 0; end < signature.length; end += 1) {
      if (signature[end] === "(") depth += 1;
      if (signature[end] === ")") depth -= 1;
      if (depth === 0) break;
    }
    types.push(signature.slice(start, end + 1));
  }
  return types;
}

/** Where the number is, as the C functions want it: in the machine's order. */
function toBytes(type: string, value: DbusData): NativeValue {
  switch (type) {
    case "y":
      return Uint8Array.of(Number(value));
    case "b":
      return Int32Array.of(value === true ? 1 : 0);
    case "i":
      return Int32Array.of(Number(value));
    case "u":
      return Uint32Array.of(Number(value));
    case "t":
      return typeof value === "bigint" ? BigUint64Array.of(value) : mismatch(type, value);
    default:
      return mismatch(type, value);
  }
}

function toList(signature: string, value: DbusData): readonly DbusData[] {
  return Array.isArray(value) ? value : mismatch(signature, value);
}

function toVariant(value: DbusData): DbusValue {
  return typeof value === "object" && "signature" in value ? value : mismatch("v", value);
}

function mismatch(signature: string, value: DbusData): never {
  throw new RangeError(`a D-Bus value of type "${signature}" cannot be ${typeof value}`);
}
