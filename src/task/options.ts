// SPDX-License-Identifier: Apache-2.0
// Runtime options of a Create (or of the shim's start): containerd sends runc's options, CRI sends runtimeoptions with runc's
// options as TOML in it, for any runtime that is not of type runc.

import { TaskError } from "../base/errors.ts";
import { unpackAny } from "../proto/any.ts";
import type { google } from "../proto/generated/messages.js";
import { parseFlatToml } from "./toml.ts";

type Any = google.protobuf.Any.$Properties;

/** The options that mean something here. `undefined` is not given. */
export interface RuntimeOptions {
  /** Where state is kept, absolute. */
  readonly root: string | undefined;
  readonly noPivot: boolean;
  readonly noNewKeyring: boolean;
  readonly systemdCgroup: boolean;
  /** Owner of the stdio; 0 is the same as not given, that is how protobuf is. */
  readonly ioUid: number | undefined;
  readonly ioGid: number | undefined;
  /** Existing cgroup for the shim itself; the shim's start command handles it. */
  readonly shimCgroup: string | undefined;
}

const DEFAULTS: RuntimeOptions = {
  root: undefined,
  noPivot: false,
  noNewKeyring: false,
  systemdCgroup: false,
  ioUid: undefined,
  ioGid: undefined,
  shimCgroup: undefined,
};

/** What both forms of the options have in common before they are checked. */
interface RawOptions {
  readonly root: string;
  readonly noPivotRoot: boolean;
  readonly noNewKeyring: boolean;
  readonly ioUid: number;
  readonly ioGid: number;
  readonly shimCgroup: string;
  readonly systemdCgroup: boolean;
}

/**
 * Reads options of either type; absent or empty ones are the defaults. `readConfig` is given the path that clients may send
 * instead of a body. Throws TaskError for another type, a value that makes no sense, or an option that is not supported.
 */
export async function parseRuntimeOptions(
  any: Any | null | undefined,
  readConfig: (path: string) => Promise<string>,
): Promise<RuntimeOptions> {
  if (any === null || any === undefined || (any.value ?? []).length === 0) return DEFAULTS;
  const unpacked = unpackOptions(any);
  if (unpacked?.kind !== "message") throw unknownType(any.typeUrl ?? "", unpacked !== undefined);
  switch (unpacked.name) {
    case "containerd.runc.v1.Options":
      return check(unpacked.message);
    // containerd 1.6's client takes every runtime that is not called runc for one of before its version 2.
    case "containerd.linux.runc.CreateOptions":
      return check({ root: "", systemdCgroup: false, ...unpacked.message });
    case "runtimeoptions.v1.Options": {
      const { configBody, configPath } = unpacked.message;
      if (configBody.length > 0) return check(fromToml(new TextDecoder().decode(configBody)));
      return configPath === "" ? DEFAULTS : check(fromToml(await readConfig(configPath)));
    }
    default:
      throw unknownType(unpacked.name, true);
  }
}

function unpackOptions(any: Any): ReturnType<typeof unpackAny> {
  try {
    return unpackAny(any);
  } catch (error) {
    throw new TaskError("invalid_argument", `cannot decode options of type ${any.typeUrl}`, {
      cause: error,
    });
  }
}

function unknownType(name: string, isKnown: boolean): TaskError {
  return isKnown
    ? invalid(`options of type ${name} are not runtime options`)
    : new TaskError("unknown", `type with url ${name}: not found`);
}

function fromToml(text: string): RawOptions {
  const values = parseFlatToml(text);
  const read = <T>(key: string, fallback: T, is: (value: unknown) => value is T): T => {
    const value: unknown = values.get(key) ?? fallback;
    if (is(value)) return value;
    throw invalid(`runtime option ${key} must be a ${typeof fallback}`);
  };
  return {
    root: read("Root", "", isString),
    noPivotRoot: read("NoPivotRoot", false, isBoolean),
    noNewKeyring: read("NoNewKeyring", false, isBoolean),
    ioUid: read("IoUid", 0, isNumber),
    ioGid: read("IoGid", 0, isNumber),
    shimCgroup: read("ShimCgroup", "", isString),
    systemdCgroup: read("SystemdCgroup", false, isBoolean),
  };
}

const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isNumber = (value: unknown): value is number => typeof value === "number";

function check(raw: RawOptions): RuntimeOptions {
  if (raw.root !== "" && (!raw.root.startsWith("/") || raw.root.includes("\0"))) {
    throw invalid(`runtime option Root must be an absolute path: ${JSON.stringify(raw.root)}`);
  }
  return {
    root: raw.root === "" ? undefined : raw.root,
    noPivot: raw.noPivotRoot,
    noNewKeyring: raw.noNewKeyring,
    systemdCgroup: raw.systemdCgroup,
    ioUid: toOwner("IoUid", raw.ioUid),
    ioGid: toOwner("IoGid", raw.ioGid),
    shimCgroup: raw.shimCgroup === "" ? undefined : raw.shimCgroup,
  };
}

/** 2^32-1 is "no owner" to the kernel. */
function toOwner(key: string, id: number): number | undefined {
  if (id < 0 || id >= 0xffff_ffff) throw invalid(`runtime option ${key} is out of range: ${id}`);
  return id === 0 ? undefined : id;
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", `${problem}: invalid argument`);
}
