// SPDX-License-Identifier: Apache-2.0
// What the daemon may know of the environment of whoever started it, and what `start` tells it this way.
// native/launcher/environment.c does the same.

import { TaskError } from "../base/errors.ts";

/** An allow list: what configures Node, libuv, OpenSSL or the dynamic linker elsewhere must not configure a root daemon. */
const NAMES = [
  "PATH",
  "TTRPC_ADDRESS",
  "GRPC_ADDRESS",
  "NAMESPACE",
  "MAX_SHIM_VERSION",
  "SCHED_CORE",
];
const PREFIX = "OTEL_";

const OWN_PREFIX = "TSRUNC_";
/** Names of variables that are ours: between `start` (or the launcher) and the daemon. */
export const LISTEN_VARIABLE = "TSRUNC_LISTEN";
export const NOFILE_VARIABLE = "TSRUNC_NOFILE";
export const INFO_CACHE_VARIABLE = "TSRUNC_INFO_CACHE";

type Environment = Readonly<Record<string, string | undefined>>;

/** The part of `environment` that a daemon gets, as "NAME=value", with `extra` set over it. */
export function daemonEnvironment(environment: Environment, extra: Environment): string[] {
  const kept = Object.entries(environment).filter(
    ([name]) => NAMES.includes(name) || name.startsWith(PREFIX) || name === NOFILE_VARIABLE,
  );
  const merged = { ...Object.fromEntries(kept), ...extra };
  return Object.entries(merged).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
}

/** What a hook without an environment of its own inherits of the daemon's `environment`: all but what is between us. */
export function hookEnvironment(environment: Environment): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || name.startsWith(OWN_PREFIX) ? [] : [`${name}=${value}`],
  );
}

/** A limit as the launcher recorded it before Node raised it. */
export interface DescriptorLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** Parses "soft:hard"; undefined when nothing was recorded (no launcher). Throws TaskError invalid_argument otherwise. */
export function parseDescriptorLimit(text: string | undefined): DescriptorLimit | undefined {
  if (text === undefined) return undefined;
  const [, soft, hard] = /^(\d{1,20}):(\d{1,20})$/.exec(text) ?? [];
  if (soft === undefined || hard === undefined) {
    throw new TaskError("invalid_argument", `${NOFILE_VARIABLE} "${text}" is not soft:hard`);
  }
  return { soft: BigInt(soft), hard: BigInt(hard) };
}
