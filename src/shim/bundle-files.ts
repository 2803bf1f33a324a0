// SPDX-License-Identifier: Apache-2.0
// The files of a bundle that are the shim's own or that it reads: `address`, `tsrunc-root`, `init.pid`, `config.json`,
// `sandbox`.
// All of them disappear with the bundle.

import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../base/errors.ts";

/** Where containers' state is unless the runtime's Root option says otherwise. */
export const DEFAULT_STATE_ROOT = "/run/containerd/tsrunc";

/** Lets containerd 1.6 and 1.7 find this shim again. Whole or not at all; 0644 whatever the umask is. */
export function writeAddress(bundle: string, address: string): void {
  replaceFile(bundle, "address", address);
}

/** undefined if there is none. */
export function readAddress(bundle: string): string | undefined {
  return readText(join(bundle, "address"));
}

/** Tells `delete`, which sees no options, where the state of this container is. */
export function writeStateRoot(bundle: string, stateRoot: string): void {
  if (stateRoot !== DEFAULT_STATE_ROOT) replaceFile(bundle, "tsrunc-root", stateRoot);
}

/** Where the state of the container of this bundle is. */
export function readStateRoot(bundle: string): string {
  const hint = readText(join(bundle, "tsrunc-root"));
  return hint?.startsWith("/") === true ? hint : DEFAULT_STATE_ROOT;
}

/** The id of the pod to whose shim containerd has connected this container by itself; undefined: it called `start`. */
export function readSandbox(bundle: string): string | undefined {
  return readText(join(bundle, "sandbox"));
}

/** The bytes of config.json; undefined if there is none. */
export function readConfig(bundle: string): Uint8Array | undefined {
  return readBytes(join(bundle, "config.json"));
}

function replaceFile(bundle: string, name: string, text: string): void {
  const temporary = join(bundle, `.${name}.${process.pid}`);
  writeFileSync(temporary, text);
  chmodSync(temporary, 0o644);
  renameSync(temporary, join(bundle, name));
}

function readText(path: string): string | undefined {
  return readBytes(path)?.toString("utf8").trimEnd();
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
