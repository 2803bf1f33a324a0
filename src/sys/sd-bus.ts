// SPDX-License-Identifier: Apache-2.0
// D-Bus through libsystemd's sd-bus, which is wherever systemd runs. The library is loaded by the first connection. It does the
// protocol; the waiting is done by the event loop: nothing in here blocks, and no thread but this one touches a connection.

import { check, errnoNumber, sysError } from "./errno.ts";
import { Fd } from "./fd.ts";
import { type HostLibrary, hostLibrary, type NativeValue } from "./ffi.ts";
import { type Watch, watch } from "./poll.ts";
import { appendValues, type DbusValue } from "./sd-bus-message.ts";

/** The methods of libsystemd that are used here. */
const P = {
  create: "int sd_bus_new(_Out_ void **bus)",
  setAddress: "int sd_bus_set_address(void *bus, const char *address)",
  start: "int sd_bus_start(void *bus)",
  getFd: "int sd_bus_get_fd(void *bus)",
  getEvents: "int sd_bus_get_events(void *bus)",
  process: "int sd_bus_process(void *bus, _Out_ void **message)",
  send: "int sd_bus_send(void *bus, void *message, uint64_t *cookie)",
  closeUnref: "void *sd_bus_close_unref(void *bus)",
  newCall:
    "int sd_bus_message_new_method_call(void *bus, _Out_ void **message, const char *destination, const char *path, const char *interface, const char *member)",
  unref: "void *sd_bus_message_unref(void *message)",
  getType: "int sd_bus_message_get_type(void *message, uint8_t *type)",
  getReplyCookie: "int sd_bus_message_get_reply_cookie(void *message, uint64_t *cookie)",
  getError: "const void *sd_bus_message_get_error(void *message)",
  getErrno: "int sd_bus_message_get_errno(void *message)",
  isSignal:
    "int sd_bus_message_is_signal(void *message, const char *interface, const char *member)",
  readNumber: "int sd_bus_message_read_basic(void *message, char type, void *value)",
  enter: "int sd_bus_message_enter_container(void *message, char type, const char *contents)",
  readText: "int sd_bus_message_read_basic(void *message, char type, _Out_ const char **value)",
} as const;

// D-Bus specification, "Message Format".
const METHOD_RETURN = 2;
const METHOD_ERROR = 3;

// poll(2), which sd_bus_get_events speaks.
const POLLIN = 1;
const POLLOUT = 4;

/** A method of an object on the bus. */
export interface DbusMethod {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
}

/** The answer to a call. `values` are those that were asked for. */
export type DbusAnswer =
  | { readonly kind: "reply"; readonly values: readonly (string | number)[] }
  /** `name` is for example "org.freedesktop.DBus.Error.UnknownMethod". */
  | { readonly kind: "error"; readonly name: string; readonly message: string };

export interface DbusCall extends DbusMethod {
  readonly args: readonly DbusValue[];
  /** Types to be read from the start of the reply: "s", "o", "u", and "v" for a last one with a string. Default none. */
  readonly result?: string;
  readonly timeoutMs: number;
}

export interface DbusSignals {
  readonly interface: string;
  readonly member: string;
  /** Basic types, as in `DbusCall.result`. */
  readonly signature: string;
  readonly on: (values: readonly (string | number)[]) => void;
}

interface Pending {
  readonly signature: string;
  readonly resolve: (answer: DbusAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A connection without a bus daemon between: both sides speak to each other directly. */
export class SdBus implements Disposable {
  readonly #library: HostLibrary;
  readonly #bus: NativeValue;
  readonly #address: string;
  readonly #signals: DbusSignals;
  readonly #pending = new Map<bigint, Pending>();
  #watch: Watch | undefined;
  #open = true;

  /**
   * Connects to the socket of a service, for example "unix:path=/run/service/private". SysError if nobody listens there, Error
   * of the dynamic linker if the library is missing. `signals` are delivered as they come, until disposed of.
   */
  constructor(address: string, signals: DbusSignals) {
    this.#library = hostLibrary("libsystemd.so.0");
    this.#address = address;
    this.#signals = signals;
    const bus: NativeValue[] = [null];
    check(this.#number(P.create, bus), "sd_bus_new");
    this.#bus = bus[0] ?? null;
    try {
      check(this.#number(P.setAddress, this.#bus, address), "sd_bus_set_address", address);
      check(this.#number(P.start, this.#bus), "sd_bus_start", address);
      this.#startWatching();
    } catch (error) {
      this.#library.call(P.closeUnref, this.#bus);
      throw error;
    }
  }

  /** Calls a method. Rejects with SysError when the connection breaks, and ETIMEDOUT when no answer comes in time. */
  async call(call: DbusCall): Promise<DbusAnswer> {
    if (!this.#open) throw sysError("sd_bus_send", errnoNumber("ENOTCONN"), this.#address);
    const cookie = this.#send(call);
    const { promise, resolve, reject } = Promise.withResolvers<DbusAnswer>();
    this.#pending.set(cookie, { signature: call.result ?? "", resolve, reject });
    const timer = setTimeout(() => {
      reject(sysError(call.member, errnoNumber("ETIMEDOUT"), this.#address));
    }, call.timeoutMs);
    this.#updateWatch();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(cookie);
    }
  }

  /** Closes the connection; calls under way are rejected. Idempotent. */
  [Symbol.dispose](): void {
    this.#fail(sysError("sd_bus_call", errnoNumber("ECANCELED"), this.#address));
  }

  #number(prototype: string, ...args: NativeValue[]): number {
    return Number(this.#library.call(prototype, ...args));
  }

  #startWatching(): void {
    // sd-bus keeps the descriptor; the watch has a duplicate.
    const fd = new Fd(check(this.#number(P.getFd, this.#bus), "sd_bus_get_fd"));
    try {
      this.#watch = watch(fd, { readable: true, writable: true }, () => this.#process());
    } finally {
      fd.release();
    }
  }

  #send({ destination, path, interface: face, member, args }: DbusCall): bigint {
    const out: NativeValue[] = [null];
    const made = this.#number(P.newCall, this.#bus, out, destination, path, face, member);
    check(made, "sd_bus_message_new_method_call", member);
    const message = out[0] ?? null;
    try {
      appendValues(this.#library, message, args);
      const cookie = new BigUint64Array(1);
      check(this.#number(P.send, this.#bus, message, cookie), "sd_bus_send", member);
      return cookie[0] ?? 0n;
    } finally {
      this.#library.call(P.unref, message);
    }
  }

  /** Everything that can be done without waiting: authentication, writing, reading, delivering. */
  #process(): void {
    try {
      for (;;) {
        const out: NativeValue[] = [null];
        const done = check(this.#number(P.process, this.#bus, out), "sd_bus_process");
        const message = out[0] ?? null;
        if (message !== null) this.#takeMessage(message);
        // A callback may have ended it.
        if (done === 0 || !this.#open) break;
      }
      this.#updateWatch();
    } catch (error) {
      this.#fail(error);
    }
  }

  #takeMessage(message: NativeValue): void {
    try {
      const type = new Uint8Array(1);
      check(this.#number(P.getType, message, type), "sd_bus_message_get_type");
      if (type[0] === METHOD_RETURN || type[0] === METHOD_ERROR) {
        this.#settle(message, type[0] === METHOD_ERROR);
      } else if (this.#number(P.isSignal, message, this.#signals.interface, this.#signals.member)) {
        this.#signals.on(this.#read(message, this.#signals.signature));
      }
    } finally {
      this.#library.call(P.unref, message);
    }
  }

  #settle(message: NativeValue, isError: boolean): void {
    const cookie = new BigUint64Array(1);
    check(this.#number(P.getReplyCookie, message, cookie), "sd_bus_message_get_reply_cookie");
    const pending = this.#pending.get(cookie[0] ?? 0n);
    if (pending === undefined) return;
    if (!isError) {
      pending.resolve({ kind: "reply", values: this.#read(message, pending.signature) });
      return;
    }
    const error = this.#library.call(P.getError, message);
    const name = this.#library.readString(error) ?? "";
    pending.resolve({ kind: "error", name, message: this.#errorText(message, name) });
  }

  /** By custom the body of an error is its text. */
  #errorText(message: NativeValue, name: string): string {
    const out: (string | null)[] = [null];
    const found = this.#number(P.readText, message, typeCode("s"), out);
    return found > 0 ? (out[0] ?? name) : name;
  }

  #read(message: NativeValue, signature: string): (string | number)[] {
    return [...signature].map((type) => {
      const text: (string | null)[] = [null];
      const number = new Uint32Array(1);
      if (type === "v") {
        const entered = this.#number(P.enter, message, typeCode(type), "s");
        check(entered, "sd_bus_message_enter_container");
      }
      const found =
        type === "u"
          ? this.#number(P.readNumber, message, typeCode(type), number)
          : this.#number(P.readText, message, typeCode(type === "v" ? "s" : type), text);
      check(found, "sd_bus_message_read_basic");
      if (found === 0) throw sysError("sd_bus_message_read_basic", errnoNumber("EBADMSG"));
      return type === "u" ? (number[0] ?? 0) : (text[0] ?? "");
    });
  }

  #updateWatch(): void {
    if (!this.#open) return;
    const events = check(this.#number(P.getEvents, this.#bus), "sd_bus_get_events");
    this.#watch?.update({
      readable: (events & POLLIN) !== 0,
      writable: (events & POLLOUT) !== 0,
    });
  }

  #fail(error: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch?.close();
    this.#library.call(P.closeUnref, this.#bus);
    for (const pending of this.#pending.values()) pending.reject(error);
  }
}

const typeCode = (type: string): number => type.charCodeAt(0);
