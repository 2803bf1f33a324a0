// SPDX-License-Identifier: Apache-2.0
// `delete`: removes whatever a container left, and says how it ended as far as that is known. containerd runs it after
// every removal and for every shim that died; the launcher answers by itself where nothing is left.

import { lstatSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorText, isErrno } from "../base/errors.ts";
import { createLogger } from "../base/log.ts";
import { encode } from "../proto/codec.ts";
import { containerd } from "../proto/generated/messages.js";
import { toTimestamp } from "../proto/timestamp.ts";
import type { RuntimeHookHost } from "../runtime/hooks.ts";
import { removeLeftovers } from "../runtime/remove.ts";
import { nowNs } from "../sys/clock.ts";
import { Reaper } from "../sys/reaper.ts";
import { readAddress, readStateRoot } from "./bundle-files.ts";
import { findDependents } from "./dependents.ts";
import { hookEnvironment, NOFILE_VARIABLE, parseDescriptorLimit } from "./environment.ts";
import type { ShimFlags } from "./flags.ts";
import { writeLine } from "./log.ts";
import { isServed } from "./probe.ts";
import { addressPath } from "./unix-address.ts";

const { DeleteResponse } = containerd.task.v3;

/** 128 + SIGKILL: what containerd's own shim says, whatever became of the container. */
const STATUS_KILLED = 137;
const STDERR = 2;

/** Cleans up and returns the encoded DeleteResponse to print. Failures of single steps are warnings on stderr. */
export async function deleteContainer(flags: ShimFlags): Promise<Uint8Array> {
  // A stop of the service must not leave half of it.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => undefined);
  const log = createLogger({
    level: flags.debug ? "debug" : "info",
    fields: { runtime: "io.containerd.tsrunc.v1", namespace: flags.namespace },
    now: nowNs,
    sink: (line) => writeLine(STDERR, line),
  });
  const bundle = findBundle(flags);
  const { namespace } = flags;
  const stateRoot = readStateRoot(bundle);
  let hookHost: RuntimeHookHost | undefined;
  const hooks = (): RuntimeHookHost => {
    hookHost ??= {
      reaper: Reaper.start(),
      nofile: parseDescriptorLimit(process.env[NOFILE_VARIABLE]),
      hookEnv: hookEnvironment(process.env),
    };
    return hookHost;
  };
  const remove = async (id: string, of: string): Promise<number> =>
    await removeLeftovers({ stateRoot, namespace, id, bundle: of, log, hooks });
  const dependents = isShimGone(bundle) ? findDependents(stateRoot, namespace, flags.id) : [];
  // At the same time: containerd gives all of it five seconds.
  const [pid = 0] = await Promise.all([
    remove(flags.id, bundle),
    ...dependents.map((dependent) => remove(dependent.id, dependent.bundle)),
  ]);
  try {
    removeStaleSocket(bundle);
  } catch (error) {
    log.warn("cannot remove the socket", { error: errorText(error) });
  }
  const exitedAt = toTimestamp(nowNs());
  return encode(DeleteResponse, { pid, exitStatus: STATUS_KILLED, exitedAt });
}

/** The bundle without symbolic links: -bundle, or <id> beside the working directory. */
function findBundle(flags: ShimFlags): string {
  const isAbsolute = flags.bundle.startsWith("/");
  const path = isAbsolute ? flags.bundle : join(process.cwd(), "..", flags.id);
  try {
    return realpathSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return path;
    throw error;
  }
}

/** Whether the bundle names a shim, and nobody answers for it any more. */
function isShimGone(bundle: string): boolean {
  const path = socketPath(bundle);
  return path !== undefined && !isServed(path);
}

function socketPath(bundle: string): string | undefined {
  const address = readAddress(bundle);
  return address?.startsWith("unix:///") === true ? addressPath(address) : undefined;
}

/** A shim that was killed leaves its socket; one that ended itself has removed it. Nothing but a dead socket is touched. */
function removeStaleSocket(bundle: string): void {
  const path = socketPath(bundle);
  if (path === undefined) return;
  const isSocket = lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true;
  if (isSocket && !isServed(path)) rmSync(path, { force: true });
}
