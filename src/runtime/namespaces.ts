// SPDX-License-Identifier: Apache-2.0
// The namespaces that stage 1 joins: those that exist are opened by path, those that need something written from outside
// before anybody is in them (a user namespace and its maps, a time namespace and its offsets) are made by a helper process.

import { readFileSync, writeFileSync } from "node:fs";
import type { Pid } from "../base/brand.ts";
import { errorText, isErrno, SpecError } from "../base/errors.ts";
import type { UserNamespace } from "../oci/compiled.ts";
import { formatIdMappings, type IdMappings, readIdMappings } from "../oci/id-mappings.ts";
import {
  checkKernel,
  hasNamespace,
  isNewNamespace,
  joinedNamespaces,
  preparedNamespaces,
} from "../oci/namespaces.ts";
import { joinUserOps, newUserOps, unshareTimeOps } from "../oci/prepared-namespaces.ts";
import type { Linux, Spec } from "../oci/spec.ts";
import { checkJoinedMappings } from "../oci/user-namespace.ts";
import type { Slot } from "../plan/ops.ts";
import { O_RDONLY } from "../sys/constants.ts";
import { errnoNumber, errnoText } from "../sys/errno.ts";
import { type Fd, open } from "../sys/fd.ts";
import { HelperProcess } from "./helper-process.ts";
import type { Host } from "./host.ts";
import { openJoinedNamespace } from "./joined-namespace.ts";

/** Slots `ns:<type>` of stage 1, and what there is to know of them. */
export interface OpenNamespaces extends Disposable {
  readonly fds: ReadonlyMap<Slot, Fd>;
  /** Of the container, if it has one. */
  readonly user: UserNamespace | undefined;
  readonly warnings: readonly string[];
}

/** Opens or makes them; a container that asks for none of it costs nothing. @throws SpecError, InitError */
export async function openNamespaces(host: Host, { linux }: Spec): Promise<OpenNamespaces> {
  checkKernel(linux.namespaces, host.facts);
  using stack = new DisposableStack();
  const fds = new Map<Slot, Fd>();
  for (const join of joinedNamespaces(linux.namespaces)) {
    fds.set(`ns:${join.type}`, stack.use(openJoinedNamespace(join)));
  }
  const prepared = preparedNamespaces(linux);
  const hasUser = hasNamespace(linux.namespaces, "user");
  if (!hasUser && prepared.length === 0) return opened(stack, fds, undefined, []);
  await using helper = new HelperProcess(host);
  const user = hasUser ? await holdUserNamespace(helper, linux, fds) : undefined;
  const take = (type: string, file: string): void => {
    fds.set(`ns:${type}`, stack.use(open(`/proc/${helper.pid}/ns/${file}`, O_RDONLY)));
  };
  if (prepared.includes("user")) take("user", "user");
  if (prepared.includes("time")) {
    await helper.run(unshareTimeOps());
    writeTimeOffsets(helper.pid, linux);
    take("time", "time_for_children");
  }
  const joinsUser = user !== undefined && !isNewNamespace(linux.namespaces, "user");
  const warnings = joinsUser ? checkJoinedMappings(linux, user) : [];
  return opened(stack, fds, user, warnings);
}

function opened(
  stack: DisposableStack,
  fds: ReadonlyMap<Slot, Fd>,
  user: UserNamespace | undefined,
  warnings: readonly string[],
): OpenNamespaces {
  const kept = stack.move();
  return { fds, user, warnings, [Symbol.dispose]: () => kept.dispose() };
}

/** The helper enters the user namespace, a new one with its maps. */
async function holdUserNamespace(
  helper: HelperProcess,
  linux: Linux,
  fds: ReadonlyMap<Slot, Fd>,
): Promise<UserNamespace> {
  const joined = fds.get("ns:user");
  if (joined === undefined) {
    await makeUserNamespace(helper, { uids: linux.uidMappings, gids: linux.gidMappings });
  } else {
    const path = linux.namespaces.find(({ type }) => type === "user")?.path ?? "";
    await helper.run(joinUserOps("ns:user", path), new Map([["ns:user", joined]]));
  }
  const read = (file: string): string => readFileSync(`/proc/${helper.pid}/${file}`, "utf8");
  return {
    uids: readIdMappings(read("uid_map")),
    gids: readIdMappings(read("gid_map")),
    setgroups: read("setgroups").trim() !== "deny",
  };
}

/** Puts the helper into a new user namespace with these maps. @throws SpecError for maps that the kernel refuses */
export async function makeUserNamespace(helper: HelperProcess, maps: IdMappings): Promise<void> {
  await helper.run(newUserOps());
  writeMap(helper.pid, "gid", maps);
  writeMap(helper.pid, "uid", maps);
}

function writeMap(pid: Pid, kind: "uid" | "gid", maps: IdMappings): void {
  writeOnce(
    `/proc/${pid}/${kind}_map`,
    formatIdMappings(kind === "uid" ? maps.uids : maps.gids),
    `linux.${kind}Mappings`,
  );
}

function writeTimeOffsets(pid: Pid, { timeOffsets }: Linux): void {
  if (timeOffsets.length === 0) return;
  const lines = timeOffsets.map(
    ({ clock, seconds, nanoseconds }) => `${clock} ${seconds} ${nanoseconds}\n`,
  );
  writeOnce(`/proc/${pid}/timens_offsets`, lines.join(""), "linux.timeOffsets");
}

/** These files take everything in one write, once. */
function writeOnce(path: string, text: string, field: string): void {
  try {
    writeFileSync(path, text, { flag: "r+" });
  } catch (error) {
    const text = isErrno(error, "EACCES", "EINVAL", "EPERM", "ERANGE")
      ? errnoText(errnoNumber(error.code))
      : errorText(error);
    throw new SpecError(field, `${field} was refused by the kernel: ${text}`);
  }
}
