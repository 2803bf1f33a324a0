// SPDX-License-Identifier: Apache-2.0
// systemd's manager object as far as units of containers need it. Each operation has a connection of its own to the socket that
// systemd itself listens on: there may be no bus daemon, and none can hold things up.

import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "../base/errors.ts";
import { type DbusAnswer, SdBus } from "../sys/sd-bus.ts";
import type { DbusValue } from "../sys/sd-bus-message.ts";
import { refusal } from "./directory.ts";
import type { UnitProperty } from "./systemd-properties.ts";

const ADDRESS = "unix:path=/run/systemd/private";
const SERVICE = "org.freedesktop.systemd1";
const OBJECT = { destination: SERVICE, path: "/org/freedesktop/systemd1" } as const;
const MANAGER = { ...OBJECT, interface: `${SERVICE}.Manager` } as const;
const PROPERTIES = { ...OBJECT, interface: "org.freedesktop.DBus.Properties" } as const;

/** A job, or an answer, that takes longer is given up: a busy systemd needs seconds at worst. */
const TIMEOUT_MS = 30_000;
/** A full queue of connections (EAGAIN) is tried again: pauses double from 10 ms. */
const CONNECT_PAUSES_MS = [10, 20, 40, 80, 160, 320, 640];

const ERRNO_OF_ERROR: ReadonlyMap<string, string> = new Map([
  [`${SERVICE}.UnitExists`, "EEXIST"],
  [`${SERVICE}.NoSuchUnit`, "ENOENT"],
  ["org.freedesktop.DBus.Error.InvalidArgs", "EINVAL"],
  ["org.freedesktop.DBus.Error.PropertyReadOnly", "EINVAL"],
  ["org.freedesktop.DBus.Error.AccessDenied", "EACCES"],
]);

/**
 * Makes and starts a scope. A unit of that name which has failed before is cleared away once. SysError EEXIST if there is a
 * living one, ETIMEDOUT after 30 s, EIO if systemd gave it up.
 */
export async function startUnit(name: string, properties: readonly UnitProperty[]): Promise<void> {
  await withManager(async (manager) => {
    try {
      await manager.start(name, properties);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      await manager.resetFailed(name);
      await manager.start(name, properties);
    }
  });
}

/** Changes properties of a unit until it is gone. SysError ENOENT if it is, EINVAL for what systemd does not take. */
export async function setUnitProperties(
  name: string,
  properties: readonly UnitProperty[],
): Promise<void> {
  if (properties.length === 0) return;
  await withManager((manager) => manager.setProperties(name, properties));
}

/** Stops a unit and has systemd forget it. Does nothing if there is none, or no systemd any more. */
export async function stopUnit(name: string): Promise<void> {
  try {
    await withManager(async (manager) => {
      await unlessGone(manager.stop(name));
      // One whose processes were killed has failed, and would be kept for people to look at.
      await unlessGone(manager.resetFailed(name));
    });
  } catch (error) {
    // No socket: then units are not there either.
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

async function unlessGone(step: Promise<void>): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

async function withManager<T>(action: (manager: Manager) => Promise<T>): Promise<T> {
  using manager = await connect();
  return await action(manager);
}

async function connect(): Promise<Manager> {
  for (const pauseMs of CONNECT_PAUSES_MS) {
    try {
      return new Manager();
    } catch (error) {
      if (!isErrno(error, "EAGAIN")) throw error;
      await sleep(pauseMs);
    }
  }
  return new Manager();
}

class Manager implements Disposable {
  readonly #bus: SdBus;
  /** Results of jobs that have ended, by the object path of the job: one may end before its number is known here. */
  readonly #results = new Map<string, string>();
  #onResult: () => void = () => undefined;

  constructor() {
    this.#bus = new SdBus(ADDRESS, {
      interface: MANAGER.interface,
      member: "JobRemoved",
      // id, job, unit, result
      signature: "uoss",
      on: ([, job, , result]) => {
        this.#results.set(String(job), String(result));
        this.#onResult();
      },
    });
  }

  async start(name: string, properties: readonly UnitProperty[]): Promise<void> {
    const what = `cannot start systemd unit "${name}"`;
    const job = await this.#call(what, "StartTransientUnit", [
      { signature: "s", value: name },
      { signature: "s", value: "replace" },
      toProperties(await this.#known(properties)),
      { signature: "a(sa(sv))", value: [] },
    ]);
    const result = await this.#jobResult(what, job);
    if (result === "done") return;
    await unlessGone(this.resetFailed(name));
    throw refusal("EIO", `error creating systemd unit \`${name}\`: got \`${result}\``, name);
  }

  async setProperties(name: string, properties: readonly UnitProperty[]): Promise<void> {
    await this.#call(`cannot set properties of systemd unit "${name}"`, "SetUnitProperties", [
      { signature: "s", value: name },
      // Until the unit is gone, not for the next one of that name.
      { signature: "b", value: true },
      toProperties(await this.#known(properties)),
    ]);
  }

  async stop(name: string): Promise<void> {
    const what = `cannot stop systemd unit "${name}"`;
    const job = await this.#call(what, "StopUnit", [
      { signature: "s", value: name },
      { signature: "s", value: "replace" },
    ]);
    await this.#jobResult(what, job);
  }

  async resetFailed(name: string): Promise<void> {
    const args = [{ signature: "s", value: name }];
    await this.#call(`cannot reset systemd unit "${name}"`, "ResetFailedUnit", args);
  }

  [Symbol.dispose](): void {
    this.#bus[Symbol.dispose]();
  }

  /** Those of `properties` that this systemd has: it refuses a call with any other. */
  async #known(properties: readonly UnitProperty[]): Promise<readonly UnitProperty[]> {
    if (properties.every(([, , since]) => since === undefined)) return properties;
    const version = parseSystemdVersion(await this.#version());
    return properties.filter(([, , since = 0]) => since <= version);
  }

  async #version(): Promise<string> {
    const args = [
      { signature: "s", value: MANAGER.interface },
      { signature: "s", value: "Version" },
    ];
    const call = { ...PROPERTIES, member: "Get", args, result: "v", timeoutMs: TIMEOUT_MS };
    const answer = await this.#bus.call(call);
    return answer.kind === "reply" ? String(answer.values[0] ?? "") : "";
  }

  /** @returns the first value of the answer, "" if there is none */
  async #call(what: string, member: string, args: readonly DbusValue[]): Promise<string> {
    const result = member === "StartTransientUnit" || member === "StopUnit" ? "o" : "";
    const call = { ...MANAGER, member, args, result, timeoutMs: TIMEOUT_MS };
    const answer: DbusAnswer = await this.#bus.call(call);
    if (answer.kind === "reply") return String(answer.values[0] ?? "");
    const code = ERRNO_OF_ERROR.get(answer.name) ?? "EIO";
    throw refusal(code, `${what}: ${answer.message}`, member);
  }

  async #jobResult(what: string, job: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      const result = this.#results.get(job);
      if (result !== undefined) resolve(result);
    };
    this.#onResult = look;
    const timer = setTimeout(() => {
      reject(refusal("ETIMEDOUT", `${what}: timeout waiting for systemd`, job));
    }, TIMEOUT_MS);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** "252.22-1~deb12u1", "v245.4-4ubuntu3" -> 252, 245; 0 for what has no number. */
export function parseSystemdVersion(version: string): number {
  return Number(/\d+/.exec(version)?.[0] ?? 0);
}

function toProperties(properties: readonly UnitProperty[]): DbusValue {
  return { signature: "a(sv)", value: properties.map(([name, value]) => [name, value]) };
}
